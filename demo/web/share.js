// The address that others open to see what is in view.

const LOOPBACK = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/;
const OWN_VIEW = ["words"]; // parameters that are of this browser alone

/**
 * @param {string} href the present address
 * @param {string | null} network the address by which others reach this computer, if the app knows it
 * @returns {{address: string, local: boolean, left: boolean}} local: others cannot open it. left: what stands behind the
 *   "#" is not in it, since no server sees that, and the picture of a code is made by one
 */
export function addressForOthers(href, network) {
  const url = new URL(href);
  const left = url.hash.length > 1;
  url.hash = "";
  for (const name of OWN_VIEW) url.searchParams.delete(name);
  const local = LOOPBACK.test(url.hostname);
  if (local && network) {
    const { protocol, host } = new URL(network);
    [url.protocol, url.host] = [protocol, host];
  }
  return { address: url.href, local: local && !network, left };
}

/** A QR code, its rows as texts of 0 and 1, as the path of an svg whose unit is a square of the code. @param {string[]} rows */
export const pathOf = (rows) =>
  rows.map((row, y) => Array.from(row, (dark, x) => (dark === "1" ? `M${x} ${y}h1v1h-1z` : "")).join("")).join("");
