/* What every page does: a picture opens large, and what scrolls can be reached with the keyboard. */
(function () {
  "use strict";

  /* Without this script the link opens the picture itself. */
  function openLarge(link) {
    var image = link.querySelector("img");
    var dialog = document.createElement("dialog");
    dialog.className = "large fits";
    dialog.setAttribute("aria-label", "Picture, enlarged");
    var close = document.createElement("button");
    close.type = "button";
    close.textContent = "×";
    close.setAttribute("aria-label", "Close");
    var large = document.createElement("img");
    large.src = link.href;
    large.alt = image.alt;
    large.style.width = 2 * image.width + "px";
    dialog.append(close, large);
    dialog.addEventListener("click", function (event) {
      if (event.target === large && dialog.classList.contains("fits")) {
        dialog.classList.remove("fits"); /* a second click shows it at its full size */
      } else {
        dialog.close();
      }
    });
    dialog.addEventListener("close", function () {
      dialog.remove();
      link.focus();
    });
    document.body.append(dialog);
    dialog.showModal();
    close.focus();
  }

  function reachable(element) {
    if (element.scrollWidth > element.clientWidth + 1) {
      element.tabIndex = 0;
    } else {
      element.removeAttribute("tabindex");
    }
  }

  function ready() {
    document.querySelectorAll("a.picture").forEach(function (link) {
      link.addEventListener("click", function (event) {
        if (event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey) {
          event.preventDefault();
          openLarge(link);
        }
      });
    });
    var wide = document.querySelectorAll(
      "div.math .formula, .pst-scrollable-table-container, .cell_output .output.text_html"
    );
    function check() {
      wide.forEach(reachable);
    }
    check();
    addEventListener("resize", check);
  }

  if (document.readyState === "loading") {
    document.addEventListener("DOMContentLoaded", ready);
  } else {
    ready();
  }
})();
