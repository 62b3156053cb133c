"use strict";
// A token behind `#` is never sent with an address: it is taken out of it, and goes into the form.
document.addEventListener("DOMContentLoaded", () => {
  document.getElementById("wrong").hidden = !location.search.includes("wrong");
  const token = location.hash.slice(1);
  if (token) {
    history.replaceState(null, "", "/enter");
    document.getElementById("token").value = decodeURIComponent(token);
    document.querySelector("form").submit();
  }
});
