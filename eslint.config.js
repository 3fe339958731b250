// What ESLint checks of the page's JavaScript. The browsers that must run it are named in package.json.
import js from "@eslint/js";
import compat from "eslint-plugin-compat";
import globals from "globals";

export default [
  { ignores: ["demo/plotly/"] },
  js.configs.recommended,
  compat.configs["flat/recommended"],
  {
    files: ["demo/**/*.js"],
    languageOptions: { ecmaVersion: 2022, sourceType: "module", globals: globals.browser },
    rules: {
      "no-var": "error",
      "prefer-const": "error",
      eqeqeq: "error",
      "no-unused-vars": ["error", { args: "after-used" }],
      "no-shadow": "off",
      "max-lines-per-function": ["error", { max: 60, skipComments: true, skipBlankLines: true }],
    },
  },
  {
    files: ["tests/js/**/*.js", "docs/*.js", "*.js"],
    languageOptions: { ecmaVersion: 2022, sourceType: "module", globals: globals.node },
    rules: { "compat/compat": "off" },
  },
];
