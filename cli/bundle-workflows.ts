import './check-node.ts';
import { writeWorkflowBundle } from '../workers/bundle.ts';

/** Bundles the workflows into a file, for images: their workers then start at once. */
const [path] = process.argv.slice(2);
if (path === undefined) {
  console.error('name the file: node cli/bundle-workflows.ts FILE');
  process.exit(2);
}
await writeWorkflowBundle(path);
