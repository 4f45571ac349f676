/** Stops a program at once, with a sentence, on a Node that is not the pinned one. Imported first, for its effect. */
const NODE_MAJOR = 24;

if (Number(process.versions.node.split('.')[0]) < NODE_MAJOR) {
  console.error(
    `This needs Node ${NODE_MAJOR}, and this is ${process.version}. npm scripts use the pinned one by themselves ` +
      '(npm run demo); by hand it is node_modules/.bin/node.',
  );
  process.exit(1);
}
