/**
 * What runs inside of the sandbox, beside JSONata itself: plain JavaScript of a world of its own, which shares only
 * texts and numbers with ours. It leaves its answer in the globals `state`, `result` and
 * `code`.
 */
export const HARNESS = `'use strict';
(() => {
  const compiled = new Map();
  /** A regular expression is a function of JavaScript. */
  const isFunction = (value) =>
    typeof value === 'function' || value?._jsonata_lambda === true || value?._jsonata_function === true;
  const withoutFunctions = (_key, value) => (isFunction(value) ? undefined : value);

  /** JSONata asks for the time once in an evaluation; its time limit goes by Date.now(). */
  globalThis.Date = class extends Date {
    constructor(...parts) {
      super(...(parts.length === 0 ? [globalThis.nowMs] : parts));
    }
  };

  /** What JSONata waits for is there already. */
  globalThis.Promise = { all: (values) => values };

  /** Before anything is written: a text that shares its parts may be far longer than what it takes in memory. */
  const refuseOver = (limit, value) => {
    let left = limit;
    const count = (part) => {
      left -= typeof part === 'string' ? part.length : 1;
      if (left < 0) throw { message: 'its result is larger than ' + limit + ' bytes' };
      if (typeof part === 'object' && part !== null && !isFunction(part)) {
        for (const key of Object.keys(part)) {
          count(part[key]);
          left -= Array.isArray(part) ? 0 : key.length;
        }
      }
    };
    count(value);
  };

  globalThis.evaluate = (source, input, limits) => {
    globalThis.result = '';
    const fail = (error) => {
      globalThis.state = 'failed';
      // JSONata's own guard does not count every recursion; the depth of the machine's stack ends those.
      globalThis.code = error instanceof RangeError && /call stack/.test(error.message) ? 'D1011' : String(error?.code ?? '');
      const place = Number.isInteger(error?.position) ? ' (at character ' + error.position + ')' : '';
      globalThis.result = String(error?.message ?? error).slice(0, 300) + place;
    };
    const settle = (value) => {
      if (value === undefined) {
        globalThis.state = 'nothing';
      } else if (isFunction(value)) {
        throw { message: 'its result is a function' };
      } else {
        refuseOver(limits.resultBytes, value);
        const json = JSON.stringify(value, withoutFunctions);
        if (json === undefined) throw { message: 'its result cannot be written as JSON' };
        globalThis.result = json;
        globalThis.state = 'value';
      }
    };
    try {
      let expression = compiled.get(source);
      if (expression === undefined) {
        expression = jsonata(source, { timeout: limits.timeMs, stack: limits.depth });
        compiled.set(source, expression);
      }
      settle(expression.evaluate(JSON.parse(input)));
    } catch (error) {
      fail(error);
    }
  };
})();
`;
