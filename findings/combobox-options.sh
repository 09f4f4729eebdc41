#!/bin/sh
# @grafana/ui 13.2.2 (Combobox, over downshift 9), React 19.2.0, in jsdom 26.1.0.
#
# Likely guess: a Combobox whose options are written inline, <Combobox options={names.map(...)} />, keeps what somebody is
# typing into it while the component around it renders again. The options are equal each time, and nothing was chosen.
#
# Seen: the text of the chosen option replaces what was typed. The Combobox looks its selected item up in the options and
# hands that object to downshift, which takes another object for another choice and writes its text into the field. The
# next letters are appended to it: after "T", a render and "ea" the field reads "Mailea". With options that stay the same
# object, it reads "Tea".
#
# Why it matters here: editors render again whenever an answer comes back, such as that of a check while somebody types.
# src/components/Combobox.tsx passes equal options and values on as the same objects.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat >package.json <<'JSON'
{"name": "finding", "private": true, "dependencies": {
  "@grafana/data": "13.2.2", "@grafana/i18n": "13.2.2", "@grafana/ui": "13.2.2", "@testing-library/dom": "10.4.1",
  "@testing-library/react": "16.3.0", "@testing-library/user-event": "14.6.1", "esbuild": "0.25.10", "jsdom": "26.1.0",
  "react": "19.2.0", "react-dom": "19.2.0", "rxjs": "7.8.2"}}
JSON
npm install --no-audit --no-fund --loglevel=error >install.log 2>&1 || { cat install.log; exit 1; }

cat >browser.js <<'JS'
const { JSDOM } = require('jsdom');
const { window } = new JSDOM('<body></body>', { url: 'http://localhost', pretendToBeVisual: true });
for (const name of Object.getOwnPropertyNames(window)) {
  if (!(name in globalThis)) {
    globalThis[name] = window[name];
  }
}
globalThis.window = window;
window.matchMedia = () => ({ matches: false, addEventListener() {}, removeEventListener() {}, addListener() {} });
window.HTMLCanvasElement.prototype.getContext = () => ({ measureText: () => ({ width: 0 }) });
window.Element.prototype.scrollTo = () => {};
globalThis.IS_REACT_ACT_ENVIRONMENT = true;
for (const name of ['ResizeObserver', 'IntersectionObserver']) {
  globalThis[name] = window[name] = class {
    observe() {}
    unobserve() {}
    disconnect() {}
  };
}
JS

cat >main.jsx <<'JS'
import './browser';
import { render, screen, act, cleanup } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { Combobox } from '@grafana/ui';
import React, { useState } from 'react';

const names = ['Mail', 'Teams', 'Excel'];
const list = () => names.map((value) => ({ value, label: value }));

async function typed(options) {
  let again;
  function Parent() {
    const [count, setCount] = useState(0);
    again = () => setCount(count + 1);
    return <Combobox aria-label="Application" options={options()} value="Mail" onChange={() => {}} />;
  }
  render(<Parent />);
  const user = userEvent.setup({ delay: null });
  const field = screen.getByRole('combobox', { name: 'Application' });
  await user.click(field);
  await user.keyboard('T');
  act(again);
  await user.keyboard('ea');
  const { value } = field;
  cleanup();
  return value;
}

const same = list();
(async () => {
  const found = { 'the same options': await typed(() => same), 'equal options': await typed(list) };
  console.log(found);
  process.exit(found['the same options'] === 'Tea' && found['equal options'] === 'Mailea' ? 0 : 1);
})();
JS
npx esbuild main.jsx --bundle --platform=node --format=cjs --outfile=main.js --external:jsdom --log-level=error \
	--loader:.css=empty --loader:.svg=dataurl --jsx=transform --define:process.env.NODE_ENV='"development"'
node main.js
