// Sends the page's form on, so that no inline script is needed and a strict
// Content-Security-Policy can stay. Without JavaScript the form has a button.
document.querySelector("form[data-relyra-submit]").submit();
