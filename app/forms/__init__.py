"""Electronic forms: form-js JSON read, judged, and held against what people answer.

The browser validates with form-js; the server decides with the same rules. docs/forms.md lists what is supported.
"""

from .answers import Message
from .check import check
from .library import Folder, Library
from .model import Component, Form, Option, Problem
from .post import from_post
from .read import UnreadableForm, digest, read
from .render import Choice, Field, fields, localized
from .validate import schema, validate

__all__ = [
    "Choice",
    "Component",
    "Field",
    "Folder",
    "Form",
    "Library",
    "Message",
    "Option",
    "Problem",
    "UnreadableForm",
    "check",
    "digest",
    "fields",
    "from_post",
    "localized",
    "read",
    "schema",
    "validate",
]
