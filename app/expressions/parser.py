"""Text to tree: precedence climbing by hand, since FEEL's names, ranges and tests defeat table-driven parsers.

What FEEL would read differently depending on what is in scope is refused here, so that no accepted text ever changes
its meaning.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from . import limits, tree
from .errors import ExpressionError
from .functions import FUNCTIONS, MULTIWORD, check_arguments
from .lexer import Token, tokens
from .temporal import parse as parse_temporal
from .values import rounded, simplest

_COMPARISONS = frozenset(("=", "!=", "<", "<=", ">", ">="))
_BINARY = (("+", "-"), ("*", "/"), ("**",))
_PREFIXED = {"time": "offset", "start": "included", "end": "included"}
_LONGEST_NAME = max(len(name.split()) for name in MULTIWORD)
_WORDS = frozenset(("name", "keyword"))
_LITERALS = {"true": True, "false": False, "null": None}
_LATER = frozenset(("function", "external", "instance", "of"))


def parse(text: str, *, unary: bool = False) -> tree.Node:
    """The tree of an expression, or of the tests in a cell of a decision table. Raises ExpressionError."""
    parser = _Parser(tokens(text), unary)
    node = parser.cell() if unary else parser.expression()
    parser.expect("end", "expected.end_or_operator")
    _check_height(node)
    return node


def _check_height(root: tree.Node) -> None:
    level, height = [root], 0
    while level:
        height += 1
        if height > 2 * limits.DEPTH:
            raise ExpressionError("too_deep", level[0].column, limit=limits.DEPTH)
        level = [child for node in level for child in tree.children(node)]


class _Parser:
    def __init__(self, found: list[Token], unary: bool) -> None:
        self._tokens = found
        self._at = 0
        self._depth = 0
        self._unary = unary
        #: variables of the constructs around, innermost last
        self._bound: list[str] = []
        #: inside a range, a bracket closes it instead of opening a filter
        self._in_range = False

    # reading tokens

    @property
    def _next(self) -> Token:
        return self._tokens[self._at]

    def _is(self, *kinds: str) -> bool:
        token = self._next
        return token.kind in kinds or (token.kind == "keyword" and token.text in kinds)

    def _take(self, *kinds: str) -> Token | None:
        if not self._is(*kinds):
            return None
        self._at += 1
        return self._tokens[self._at - 1]

    def expect(self, kind: str, expected: str = "") -> Token:
        token = self._take(kind)
        if token is None:
            raise self._unexpected(expected or f"“{kind}”")
        return token

    def _unexpected(self, expected: str) -> ExpressionError:
        token = self._next
        if token.kind == "keyword" and token.text in _LATER:
            return ExpressionError("unsupported", token.column, found=token.shown)
        if token.kind == "name" and self._at and self._tokens[self._at - 1].kind == "name":
            return ExpressionError("ambiguous_name", token.column, found=token.shown)
        return ExpressionError("unexpected", token.column, expected=expected, found=token.shown)

    @contextmanager
    def _deeper(self) -> Iterator[None]:
        self._depth += 1
        if self._depth > limits.DEPTH:
            raise ExpressionError("too_deep", self._next.column, limit=limits.DEPTH)
        in_range, self._in_range = self._in_range, False
        yield
        self._in_range = in_range
        self._depth -= 1

    # cells of decision tables

    def cell(self) -> tree.Node:
        column = self._next.column
        if self._is("-") and self._tokens[self._at + 1].kind == "end":
            self._at += 1
            return tree.UnaryTests(column, (), negated=False)
        if self._is("name") and self._next.text == "not" and self._tokens[self._at + 1].kind == "(":
            start = self._at
            self._at += 2
            tests = self._tests()
            self.expect(")")
            if self._is("end"):
                return tree.UnaryTests(column, tests, negated=True)
            self._at = start  # `not(a) and b` is an ordinary expression
        return tree.UnaryTests(column, self._tests(), negated=False)

    def _tests(self) -> tuple[tree.Test, ...]:
        tests = [self._test()]
        while self._take(","):
            tests.append(self._test())
        return tuple(tests)

    def _test(self) -> tree.Test:
        token = self._next
        if token.kind in _COMPARISONS:
            self._at += 1
            return tree.Test(token.column, token.kind, self._binary(0))
        return tree.Test(token.column, "", self.expression())

    # expressions, loosest first

    def expression(self) -> tree.Node:
        with self._deeper():
            token = self._next
            if token.kind == "keyword":
                if token.text == "if":
                    return self._condition()
                if token.text in ("for", "some", "every"):
                    return self._iteration()
            return self._logic("or")

    def _logic(self, word: str) -> tree.Node:
        column = self._next.column
        operands = [self._logic("and") if word == "or" else self._comparison()]
        while self._take(word):
            operands.append(self._logic("and") if word == "or" else self._comparison())
        return operands[0] if len(operands) == 1 else tree.Logic(column, word, tuple(operands))

    def _comparison(self) -> tree.Node:
        left = self._binary(0)
        token = self._next
        if token.kind in _COMPARISONS:
            self._at += 1
            return self._single(tree.Comparison(token.column, token.kind, left, self._binary(0)))
        if self._take("between"):
            low = self._binary(0)
            self.expect("and")
            return self._single(tree.Between(token.column, left, low, self._binary(0)))
        if self._take("in"):
            return self._single(tree.In(token.column, left, self._membership()))
        return left

    def _single(self, node: tree.Node) -> tree.Node:
        """`a < b < c` has no meaning that everyone shares; brackets give it one."""
        if self._next.kind in _COMPARISONS or self._is("between", "in"):
            raise ExpressionError("needs_brackets", self._next.column, found=self._next.shown)
        return node

    def _membership(self) -> tuple[tree.Test, ...]:
        token = self._next
        if token.kind in _COMPARISONS:
            self._at += 1
            return (tree.Test(token.column, token.kind, self._binary(0)),)
        if token.kind != "(":
            return (tree.Test(token.column, "", self._binary(0)),)
        with self._deeper():
            self._at += 1
            first = self._test()
            if not first.operator and self._is(".."):
                first = tree.Test(token.column, "", self._range(token, first.operand))
                return (first,)
            tests = [first]
            while self._take(","):
                tests.append(self._test())
            self.expect(")", "expected.comma_or_bracket")
        if self._next.kind in (".", "[", "+", "-", "*", "/", "**"):
            raise ExpressionError("needs_brackets", self._next.column, found=self._next.shown)
        return tuple(tests)

    def _binary(self, level: int) -> tree.Node:
        if level == len(_BINARY):
            return self._unary_minus()
        first = self._binary(level + 1)
        rest: list[tuple[str, tree.Node]] = []
        while token := self._take(*_BINARY[level]):
            if token.kind == "**" and (rest or isinstance(first, tree.Negation)):
                raise ExpressionError("needs_brackets", token.column, found=token.shown)
            rest.append((token.kind, self._binary(level + 1)))
        return tree.Chain(first.column, first, tuple(rest)) if rest else first

    def _unary_minus(self) -> tree.Node:
        token = self._take("-")
        if token is None:
            return self._postfix()
        if self._is("-"):
            raise ExpressionError("needs_brackets", self._next.column, found="“-”")
        return tree.Negation(token.column, self._postfix())

    def _postfix(self) -> tree.Node:
        node = self._primary()
        while True:
            token = self._next
            if token.kind == ".":
                self._at += 1
                node = tree.Path(token.column, node, self._property())
            elif token.kind == "[" and not self._in_range:
                self._at += 1
                node = tree.Filter(token.column, node, self.expression())
                self.expect("]")
            elif token.kind == "(":
                raise ExpressionError("unsupported", token.column, found=token.shown)
            else:
                return node

    def _property(self) -> str:
        word = self.expect("name", "expected.name").text
        after = self._next
        if after.kind == "name" and _PREFIXED.get(word) == after.text:
            self._at += 1
            return f"{word} {after.text}"
        return word

    def _primary(self) -> tree.Node:
        token = self._next
        if token.kind in _WORDS and (call := self._call()):
            return call
        if token.kind == "keyword" and token.text in _LITERALS:
            self._at += 1
            return tree.Constant(token.column, _LITERALS[token.text])
        match token.kind:
            case "number":
                self._at += 1
                return tree.Constant(token.column, _number(token))
            case "string":
                self._at += 1
                return tree.Constant(token.column, token.text)
            case "name":
                return self._name()
            case "@":
                return self._temporal()
            case "(" | "[" | "]":
                return self._bracket()
            case "{":
                return self._context()
            case "?" if self._unary:
                self._at += 1
                return tree.Name(token.column, "?")
        raise self._unexpected("expected.expression")

    def _name(self) -> tree.Node:
        token = self.expect("name")
        if token.text == "partial" and "for" in self._bound:
            raise ExpressionError("unsupported", token.column, found=token.shown)
        return tree.Name(token.column, token.text)

    def _temporal(self) -> tree.Node:
        at = self.expect("@")
        text = self.expect("string", "expected.string").text
        value = parse_temporal(text)
        if value is None:
            raise ExpressionError("bad_moment", at.column, found=f"“{text[:40]}”")
        return tree.Constant(at.column, value)

    # calls: names of built-in functions may have blanks

    def _call(self) -> tree.Node | None:
        start, words = self._next, self._words()
        for count in range(len(words), 0, -1):
            name = " ".join(words[:count])
            called = self._tokens[self._at + count].kind == "("
            if count > 1 and name not in MULTIWORD:
                continue
            if not called:
                if count > 1:
                    raise ExpressionError("ambiguous_name", start.column, found=f"“{name}”")
                return None
            if start.kind == "keyword":
                return None
            self._at += count + 1
            return self._arguments(start, name)
        return None

    def _words(self) -> list[str]:
        words: list[str] = []
        for token in self._tokens[self._at : self._at + _LONGEST_NAME]:
            if token.kind not in _WORDS:
                break
            words.append(token.text)
        return words

    def _arguments(self, start: Token, name: str) -> tree.Node:
        if name in self._bound:
            raise ExpressionError("ambiguous_name", start.column, found=f"“{name}”")
        if name not in FUNCTIONS:
            raise ExpressionError("unknown_function", start.column, found=f"“{name}”")
        arguments: list[tree.Node] = []
        if not self._is(")"):
            arguments.append(self._argument())
            while self._take(","):
                arguments.append(self._argument())
        self.expect(")", "expected.comma_or_bracket")
        check_arguments(name, arguments, start.column)
        return tree.Call(start.column, name, tuple(arguments))

    def _argument(self) -> tree.Node:
        node = self.expression()
        if self._is(":"):
            raise ExpressionError("unsupported", self._next.column, found="“:”")
        return node

    # brackets

    def _bracket(self) -> tree.Node:
        token = self._next
        self._at += 1
        if token.kind == "[" and self._take("]"):
            return tree.ListOf(token.column, ())
        first = self.expression()
        if token.kind == "]" or self._is(".."):
            return self._range(token, first)
        if token.kind == "(":
            self.expect(")", "expected.operator_or_bracket")
            return first
        items = [first]
        while self._take(","):
            items.append(self.expression())
        self.expect("]", "expected.comma_or_bracket")
        return tree.ListOf(token.column, tuple(items))

    def _range(self, opened: Token, start: tree.Node) -> tree.Node:
        self.expect("..")
        before, self._in_range = self._in_range, True
        end = self._binary(0)
        self._in_range = before
        closed = self._take("]", ")", "[")
        if closed is None:
            raise self._unexpected("expected.end_of_range")
        return tree.RangeOf(opened.column, start, end, opened.kind == "[", closed.kind == "]")

    def _context(self) -> tree.Node:
        opened = self.expect("{")
        entries: list[tuple[str, tree.Node]] = []
        bound = len(self._bound)
        while not self._is("}"):
            key = self._take("name", "string")
            if key is None or key.text in dict(entries):
                raise (
                    self._unexpected("expected.key")
                    if key is None
                    else ExpressionError("repeated_key", key.column, found=key.shown)
                )
            self.expect(":")
            entries.append((key.text, self.expression()))
            self._bound.append(key.text)
            if not self._take(","):
                break
        del self._bound[bound:]
        self.expect("}", "expected.comma_or_bracket")
        return tree.ContextOf(opened.column, tuple(entries))

    # if, for, some, every

    def _condition(self) -> tree.Node:
        column = self.expect("if").column
        test = self.expression()
        self.expect("then")
        then = self.expression()
        self.expect("else")
        return tree.Condition(column, test, then, self.expression())

    def _iteration(self) -> tree.Node:
        word = self._next
        self._at += 1
        bound = len(self._bound)
        variables: list[tuple[str, tree.Node]] = []
        while True:
            name = self.expect("name", "expected.name")
            self.expect("in")
            variables.append((name.text, self._domain(word.text)))
            self._bound += [name.text, word.text]
            if not self._take(","):
                break
        self.expect("return" if word.text == "for" else "satisfies")
        body = self.expression()
        del self._bound[bound:]
        return tree.Iteration(word.column, word.text, tuple(variables), body)

    def _domain(self, word: str) -> tree.Node:
        token = self._next
        start = self.expression()
        if word != "for" or not self._take(".."):
            return start
        return tree.Span(token.column, start, self._binary(0))


def _number(token: Token) -> Any:
    value = rounded(Decimal(token.text)) if len(token.text) <= limits.DIGITS + 10 else None
    if value is None:
        raise ExpressionError("bad_number", token.column)
    return simplest(value)
