// Moves on from a page that is only a stop on the way. It is a file of its own so that a strict
// Content-Security-Policy can stay; without JavaScript the page has a button or a link.
const form = document.querySelector("form[data-relyra-go-on]");
const link = document.querySelector("a[data-relyra-go-on]");
if (form) {
  form.submit();
} else if (link) {
  // Not into the history: the address is good for one visit.
  window.location.replace(link.href);
}
