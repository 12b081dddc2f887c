// The login window's last page: tells the page that opened it how it ended, and closes.

const result = JSON.parse(document.querySelector("[data-connect-result]").dataset.connectResult);
const channel = new BroadcastChannel("whatsapp-connect");
channel.postMessage(result);
// A window that a script opened may close itself; any other keeps showing what happened.
setTimeout(() => window.close(), 150);
