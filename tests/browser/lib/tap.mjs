// The Test Anything Protocol, as much as prove needs.
let count = 0;

export function ok(held, name, detail = '') {
  console.log(`${held ? 'ok' : 'not ok'} ${++count} - ${name}`);
  if (!held && detail) for (const line of String(detail).split('\n')) console.log(`# ${line}`);
  return held;
}
export const none = (list, name) => ok(list.length === 0, name, list.slice(0, 20).join('\n'));
export const done = () => console.log(`1..${count}`);
