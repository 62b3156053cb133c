"use strict";
// Before textual.js looks for the terminal: where its websocket is. Of the address only the size of the letters counts,
// as that script would fetch whatever `ping` names.
(() => {
  const asked = new URLSearchParams(location.search);
  const size = Number(asked.get("fontsize"));
  if (asked.has("ping") || asked.has("delay")) {
    history.replaceState(null, "", "/");
  }
  document.addEventListener("DOMContentLoaded", () => {
    const terminal = document.getElementById("terminal");
    terminal.dataset.sessionWebsocketUrl = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws`;
    if (size >= 6 && size <= 60) {
      terminal.dataset.fontSize = String(size);
    }
    new MutationObserver((_, observer) => {
      if (document.body.classList.contains("-first-byte")) {
        observer.disconnect(); // before, a focus would be told through a socket that is not open yet
        const keyboard = terminal.querySelector(".xterm-helper-textarea");
        keyboard.focus();
        addEventListener("focus", () => keyboard.focus());
      }
    }).observe(document.body, { attributeFilter: ["class"] });
    document.getElementById("again").addEventListener("click", () => location.reload());
  });
})();
