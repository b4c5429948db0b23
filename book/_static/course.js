/* What every page does: a picture opens large, a formula is copied as TeX, and what scrolls can be reached with
   the keyboard. */
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

  /* A formula is copied as the TeX that it was set from. */
  function copyTeX(event) {
    var selection = getSelection();
    if (selection.isCollapsed || !event.clipboardData) {
      return;
    }
    var range = selection.getRangeAt(0).cloneRange();
    var whole = function (node) {
      var element = node.nodeType === 1 ? node : node.parentElement;
      return element && element.closest(".katex");
    };
    if (whole(range.startContainer)) {
      range.setStartBefore(whole(range.startContainer));
    }
    if (whole(range.endContainer)) {
      range.setEndAfter(whole(range.endContainer));
    }
    var copied = range.cloneContents();
    var formulas = copied.querySelectorAll(".katex");
    if (!formulas.length) {
      return;
    }
    formulas.forEach(function (formula) {
      var sign = formula.parentElement && formula.parentElement.matches(".katex-display") ? "$$" : "$";
      formula.replaceWith(sign + formula.querySelector("annotation").textContent + sign);
    });
    event.clipboardData.setData("text/plain", copied.textContent);
    event.preventDefault();
  }

  function ready() {
    document.addEventListener("copy", copyTeX);
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
