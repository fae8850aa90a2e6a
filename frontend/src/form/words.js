// What form-js itself says, in our words: what to do, not what is wrong (the server's messages say the same).

const zh = {
  "Field is required.": "请填写此项。",
  "Value is not a number.": "请填写数字。",
  "Value is expected to be an integer.": "请填写整数。",
  "Value is expected to have at most 1 decimal digit.": "最多保留 1 位小数。",
  "Value is expected to have at most {value} decimal digits.": "最多保留 {value} 位小数。",
  "Please select a valid value, the two nearest valid values are {previousValue} and {nextValue}.":
    "请改为有效的数值，最接近的是 {previousValue} 和 {nextValue}。",
  "Field must match pattern {value}.": "请按规定的格式填写（{value}）。",
  "Field must have minimum value of {value}.": "请填写不小于 {value} 的数值。",
  "Field must have maximum value of {value}.": "请填写不大于 {value} 的数值。",
  "Field must have minimum length of {value}.": "请至少填写 {value} 个字。",
  "Field must have maximum length of {value}.": "请最多填写 {value} 个字。",
  "Field must be a valid email.": "请填写有效的邮箱地址。",
  "Field must be a valid international phone number. (e.g. +4930664040900)": "请填写带国家代码的电话号码，例如 +8613800138000。",
  "Date and time must both be entered.": "请同时填写日期和时间。",
  "No content to show.": "没有可显示的内容。",
  "External content couldn't be loaded.": "无法加载外部内容。",
  Increment: "增加",
  Decrement: "减少",
  "Skip to search": "跳到搜索",
  "Remove tag": "移除",
  Search: "搜索",
  "No results": "没有匹配的选项",
  "All values selected": "已全部选中",
  "Nothing to show.": "没有可显示的内容。",
  "{page} of {total}": "第 {page} 页，共 {total} 页",
  "Previous page": "上一页",
  "Next page": "下一页",
  "Click to sort by {value} descending": "按{value}降序排列",
  "Click to sort by {value} ascending": "按{value}升序排列",
  "Click to remove sorting": "取消排序",
  "No files selected": "未选择文件",
  "{value} files selected": "已选择 {value} 个文件",
  "Document reference is not defined.": "未指定文件。",
  "Unable to download document": "无法下载文件",
  "Download {fileName}": "下载 {fileName}",
  "Add new": "添加一项",
  "Expand all ({value})": "全部展开（{value}）",
  Collapse: "收起",
};

const en = {
  "Field is required.": "Fill in this field.",
  "Value is not a number.": "Enter a number.",
  "Value is expected to be an integer.": "Enter a whole number.",
  "Value is expected to have at most 1 decimal digit.": "Enter at most 1 decimal.",
  "Value is expected to have at most {value} decimal digits.": "Enter at most {value} decimals.",
  "Field must match pattern {value}.": "Follow the format {value}.",
  "Field must have minimum value of {value}.": "Enter {value} or more.",
  "Field must have maximum value of {value}.": "Enter {value} or less.",
  "Field must have minimum length of {value}.": "Enter at least {value} characters.",
  "Field must have maximum length of {value}.": "Enter at most {value} characters.",
  "Field must be a valid email.": "Enter an email address.",
};

/** The translate service of form-js for a language. */
export function translations(lang) {
  const words = lang.startsWith("zh") ? zh : en;
  const translate = (template, values = {}) =>
    (words[template] ?? template).replace(/{([^}]+)}/g, (gap, name) => values[name] ?? gap);
  return { translate: ["value", translate] };
}
