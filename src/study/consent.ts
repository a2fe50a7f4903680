/** The text that participants accept unless a study has its own. */
export const defaultConsent = `You are invited to take part in a study about images. You will see images on this page and answer one question about each.

Taking part is voluntary. You can stop at any time by closing the page; the answers that you gave until then are kept.

Your answers are stored under a random number, with the time that each took, whether you used a keyboard, a pointer or touch, and the size of the page. Your name, your address on the network and your browser are not stored.`;
