// Leaves the login as Embedded Signup does: tells the opener, then returns to the product.

const leave = document.querySelector("[data-leave]");
const { message, origin, redirect } = leave.dataset;
if (window.opener) window.opener.postMessage(message, origin);
location.replace(redirect);
