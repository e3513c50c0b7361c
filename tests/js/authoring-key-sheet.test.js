import assert from "node:assert/strict";
import { test } from "node:test";

import { optionOfKey } from "../../static/js/modules/authoring-key-sheet.js";

test("a digit or a letter of either case means an option counted from 0", () => {
  const options = ["1", "5", "9", "0", "a", "A", "j", "J"].map(optionOfKey);

  assert.deepEqual(options, [0, 4, 8, 9, 0, 0, 9, 9]);
});

test("other keys mean no option, so that tab, arrows and enter keep their work", () => {
  const options = ["Tab", "ArrowDown", "Enter", "k", " ", "F1", "10", ""].map(optionOfKey);

  assert.deepEqual(options, Array(8).fill(-1));
});
