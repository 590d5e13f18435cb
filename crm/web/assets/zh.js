// Streamlit's own widgets speak English only. This table says their fixed words in Chinese.
// Strict on purpose: only whole text nodes and labels that match exactly, and only inside
// Streamlit's own parts, so that nothing a person typed is ever changed.
(() => {
  "use strict";
  const WORDS = new Map(Object.entries({
    // file uploader, camera
    "Upload": "选择文件", "Add files": "继续添加", "Upload directories": "选择文件夹",
    "Drag and drop a file here": "把文件拖到这里", "Drag and drop files here": "把文件拖到这里",
    "Drag and drop directories here": "把文件夹拖到这里", "Uploading...": "正在上传…",
    "Take Photo": "拍照", "Clear photo": "重拍", "Switch camera": "切换摄像头",
    "This app would like to use your camera.": "需要使用摄像头，请在浏览器中允许。",
    "Learn how to allow access.": "查看如何允许。",
    // inputs
    "Press Enter to apply": "按回车生效", "Press Enter to submit form": "按回车提交",
    "Press Ctrl+Enter to apply": "按 Ctrl+回车生效", "Press Ctrl+Enter to submit form": "按 Ctrl+回车提交",
    "Press ⌘+Enter to apply": "按 ⌘+回车生效", "Press ⌘+Enter to submit form": "按 ⌘+回车提交",
    "Show password": "显示密码", "Hide password": "隐藏密码", "Clear entry": "清空", "Invalid input.": "填写有误。",
    "Increment": "增加", "Decrement": "减少", "Clear value": "清空",
    "Number is above the allowed range.": "数值超出允许范围。", "Number is below the allowed range.": "数值低于允许范围。",
    // choices
    "Choose an option": "请选择", "Choose options": "请选择", "Add an option": "添加选项", "Add options": "添加选项",
    "Choose or add an option": "选择或输入", "Choose or add options": "选择或输入",
    "No options to select": "没有可选项", "No results": "没有找到", "Clear all": "全部清除", "Select all": "全选",
    "Selected values": "已选", "Open": "打开", "Selectbox options": "选项", "Multiselect options": "选项",
    // dates
    "Choose date": "选择日期", "Choose date range": "选择起止日期", "Choose date and time": "选择日期和时间",
    "Clear date": "清除日期", "Clear dates": "清除日期", "Clear time": "清除时间", "Clear date and time": "清除",
    "Quick select a date range": "快速选择", "Select...": "请选择", "None": "无", "yyyy": "年", "mm": "月", "dd": "日", "Time": "时间", "Date range": "起止日期",
    "Past Week": "近一周", "Past Month": "近一个月", "Past 3 Months": "近三个月", "Past 6 Months": "近半年",
    "Past Year": "近一年", "Past 2 Years": "近两年",
    "Use arrow keys to navigate dates. Enter to select. Escape to close.": "用方向键选日期，回车确定，Esc 关闭。",
    // tables
    "Download as CSV": "下载为 CSV", "Search": "搜索", "Close Search": "关闭搜索", "Fullscreen": "全屏",
    "Close fullscreen": "退出全屏", "Show/hide columns": "显示或隐藏列", "Sort ascending": "升序", "Sort descending": "降序",
    "Autosize": "自动列宽", "Pin column": "固定此列", "Unpin column": "取消固定", "Hide column": "隐藏此列",
    "Format": "格式", "Statistics": "统计", "Copy column name": "复制列名", "Clear selection": "取消选择",
    "Add row": "添加一行", "Delete row(s)": "删除所选行", "Next Result": "下一个", "Previous Result": "上一个",
    "Automatic": "自动", "Localized": "本地格式", "Plain": "原样", "Compact": "紧凑", "Percent": "百分比",
    "Calendar": "日历", "Distance": "距今", "Loading...": "正在载入…", "Failed to load data": "载入失败，请刷新页面。",
    "No data": "没有数据", "Empty": "空", "Distinct": "不同值", "Minimum": "最小", "Maximum": "最大", "Average": "平均",
    "Median": "中位数", "Count": "个数", "Range": "范围",
    // pages, menus, dialogs
    "Next page": "下一页", "Previous page": "上一页", "Pagination": "翻页",
    "Page not found": "没有这个页面，或您不能打开",
    "The page that you have requested does not seem to exist. Running the app's main page.":
      "已为您打开首页。如需开通权限，请联系管理员。",
    "Close": "关闭", "Cancel": "取消", "Copy to clipboard": "复制", "Copied": "已复制", "Copy": "复制",
    "Main menu": "菜单", "Rerun": "刷新", "Print": "打印", "Settings": "设置", "About": "关于", "Get help": "帮助",
    "Clear cache": "清除缓存", "Clear caches": "清除缓存", "Record a screencast": "录屏", "Stop": "停止",
    "Running...": "正在处理…", "Expand sidebar": "打开菜单", "Collapse sidebar": "收起菜单", "Sidebar": "菜单",
    "App pages": "页面", "Skip to main content": "跳到正文", "Navigate to home page": "回到首页",
    "Scroll tabs left": "向左", "Scroll tabs right": "向右", "Notifications": "通知", "View more": "更多", "View less": "收起",
    // the connection
    "Connecting": "正在连接…", "CONNECTING": "正在连接…", "Connection error": "连接断开", "Connection timed out.": "连接超时。",
    "Is Streamlit still running? If you accidentally stopped Streamlit, just restart it in your terminal:":
      "与服务器的连接已断开，正在自动重连；已保存的内容不受影响。",
    "Try again": "重试", "Script execution error": "页面出错", "Unknown error": "未知错误",
  }));
  const PATTERNS = [
    [/^(\d+(?:\.\d+)?\s?[KMGT]?B) per file$/, "每个文件最大 $1"],
    [/^Remove (.+)$/, "移除 $1"],
    [/^Help for (.+)$/, "说明：$1"],
    [/^(.+) start date$/, "$1 起"],
    [/^(.+) end date$/, "$1 止"],
    [/^Page (\d+)$/, "第 $1 页"],
    [/^Select (\d+) matches$/, "选中这 $1 项"],
    [/^You can only select up to (\d+) options?\. Remove an option first\.$/, "最多选 $1 项，请先移除一项。"],
    [/^Number is above the allowed range\. Please enter a value less than or equal to (.+)\.$/, "不能大于 $1。"],
    [/^Number is below the allowed range\. Please enter a value greater than or equal to (.+)\.$/, "不能小于 $1。"],
    [/^Number is outside the allowed range\. Please enter a value between (.+) and (.+)\.$/, "应在 $1 和 $2 之间。"],
  ];
  // Streamlit's own parts. A page's text, a cell or an option lies in none of them as a whole phrase above.
  const OWN = [
    "stFileUploaderDropzone", "InputInstructions", "stElementToolbar", "stElementToolbarButton", "stTooltipContent",
    "stTooltipErrorContent", "stDataFrameColumnMenu", "stDataFrameColumnVisibilityMenu", "stDataFrameColumnFormattingMenu",
    "stStatusWidget", "stConnectionStatus", "stMainMenu", "stMainMenuPopover", "stMainMenuList", "stToolbar",
    "stSelectboxVirtualDropdown", "stMultiSelectDropdown", "stCameraInput", "stNumberInputContainer", "stPagination",
    "stSkipLink",
  ].map((id) => `[data-testid="${id}"]`).concat([
    '[data-baseweb="select"]', '[data-baseweb="menu"]', '[data-baseweb="calendar"]', '[role="listbox"]', '[role="spinbutton"]', "a[href='#stMain']",
  ]).join(",");
  const DIALOG = "[role='dialog']";
  const DIALOG_WORDS = new Set([
    "Page not found", "Connection error", "Close", "Clear caches", "Cancel", "Try again", "Record a screencast",
    "The page that you have requested does not seem to exist. Running the app's main page.",
    "Is Streamlit still running? If you accidentally stopped Streamlit, just restart it in your terminal:",
  ]);
  const LABELS = ["aria-label", "title", "placeholder"];

  const say = (text) => {
    const words = text.trim();
    if (!words || words.length > 160 || !/[A-Za-z]/.test(words)) return null;
    const found = WORDS.get(words);
    if (found) return text.replace(words, found);
    for (const [pattern, answer] of PATTERNS) if (pattern.test(words)) return words.replace(pattern, answer);
    return null;
  };
  const node = (text) => {
    const parent = text.parentElement;
    if (!parent) return;
    const own = parent.closest(OWN);
    if (!own && !(parent.closest(DIALOG) && DIALOG_WORDS.has(text.nodeValue.trim()))) return;
    const answer = say(text.nodeValue);
    if (answer !== null && answer !== text.nodeValue) text.nodeValue = answer;
  };
  const labels = (element) => {
    if (element.closest('[data-testid="stMarkdownContainer"]')) return;
    for (const name of LABELS) {
      const value = element.getAttribute(name);
      const answer = value && say(value);
      if (answer && answer !== value) element.setAttribute(name, answer);
    }
  };
  const tree = (root) => {
    if (root.nodeType === Node.TEXT_NODE) return node(root);
    if (root.nodeType !== Node.ELEMENT_NODE) return;
    labels(root);
    for (const e of root.querySelectorAll("[aria-label],[title],[placeholder]")) labels(e);
    const walk = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) node(walk.currentNode);
  };
  new MutationObserver((changes) => {
    for (const change of changes) {
      if (change.type === "characterData") node(change.target);
      else if (change.type === "attributes") labels(change.target);
      else change.addedNodes.forEach(tree);
    }
  }).observe(document.documentElement, {
    childList: true, subtree: true, characterData: true, attributes: true, attributeFilter: LABELS,
  });
  tree(document.documentElement);
})();
