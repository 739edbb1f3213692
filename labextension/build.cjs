// node build.cjs OUTPUT: compile, bundle, and copy the result to the folder OUTPUT.
const { execFileSync } = require('node:child_process');
const { cpSync, rmSync } = require('node:fs');
const { resolve } = require('node:path');

const output = resolve(process.argv[2]);
const modules = resolve(__dirname, 'node_modules');

function run(...args) {
  try {
    execFileSync(process.execPath, args, { cwd: __dirname, stdio: ['ignore', 'pipe', 'inherit'] });
  } catch (error) {
    process.stderr.write(error.stdout ?? '');
    process.exit(1);
  }
}

rmSync(resolve(__dirname, 'dist'), { recursive: true, force: true });
run(resolve(modules, 'typescript/bin/tsc'));
run(
  resolve(modules, '@jupyter/builder/lib/build-labextension.js'),
  '--core-package-file',
  resolve(modules, '@jupyterlab/core-meta/core.package.json'),
  __dirname
);
rmSync(output, { recursive: true, force: true });
cpSync(resolve(__dirname, 'dist'), output, { recursive: true });
