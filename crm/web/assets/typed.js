// Streamlit tells the server of a text box only when it is left. What has been typed so far is told
// after a short pause too, and when the page is hidden, so that a half-written note survives a reload,
// a dead battery or a lost connection. Never in the middle of composing a Chinese word, and not inside
// a form, which is sent as a whole. To Streamlit it looks as if the box had been left: the focus stays.
(() => {
  "use strict";
  const PAUSE_MS = 800;
  let waiting = null;
  const tell = () => {
    const box = waiting && waiting.box;
    if (waiting) clearTimeout(waiting.timer);
    waiting = null;
    if (box && box.isConnected) box.dispatchEvent(new FocusEvent("focusout", { bubbles: true }));
  };
  document.addEventListener("input", (event) => {
    const box = event.target;
    if (!(box instanceof HTMLTextAreaElement) && !(box instanceof HTMLInputElement && box.type === "text")) return;
    if (!box.closest('[data-testid="stTextArea"], [data-testid="stTextInput"]') || box.closest('[data-testid="stForm"]')) return;
    if (waiting) clearTimeout(waiting.timer);
    waiting = { box, timer: 0 };
    if (!event.isComposing) waiting.timer = setTimeout(tell, PAUSE_MS);
  }, true);
  document.addEventListener("compositionend", () => {
    if (waiting) waiting.timer = setTimeout(tell, PAUSE_MS);
  }, true);
  document.addEventListener("visibilitychange", () => { if (document.hidden) tell(); });
  addEventListener("pagehide", tell);
})();
