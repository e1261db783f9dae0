/* What RQ's dashboard lacks: the token of our forms on its POSTs, and an end to asking by itself when nobody is there,
   so that a session left open ends like any other. */
(function () {
  "use strict";
  var token = document.querySelector("meta[name=csrf-token]").content;
  window.jQuery.ajaxSetup({ headers: { "X-CSRFToken": token } });

  var MINUTES = 5;
  var seen = Date.now();
  ["click", "keydown", "scroll", "touchstart"].forEach(function (kind) {
    document.addEventListener(kind, function () { seen = Date.now(); }, { passive: true });
  });
  window.setInterval(function () {
    if (Date.now() - seen > MINUTES * 60000) {
      window.jQuery("#autorefresh-switch").prop("checked", false).trigger("change");
    }
  }, 30000);
})();
