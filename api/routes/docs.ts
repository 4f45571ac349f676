import { z } from 'zod';
import { operation, type Operation } from '../operation.ts';
import { PROBLEMS } from '../problem.ts';

const HTML = 'text/html';

/** The API's own description, made from what is served. */
export function createDocsOperations(
  served: readonly Operation[],
  describe: (operations: readonly Operation[]) => unknown,
): readonly Operation[] {
  const own: readonly Operation[] = [
    operation({
      method: 'get',
      path: '/openapi.json',
      id: 'getApiDocument',
      tag: 'About',
      summary: "This API's OpenAPI document",
      access: 'open',
      answers: { 200: { description: 'OpenAPI 3.1', schema: z.looseObject({ openapi: z.string() }) } },
      handle: () => Promise.resolve({ status: 200, body: document }),
    }),
    operation({
      method: 'get',
      path: '/docs',
      id: 'getDocs',
      tag: 'About',
      summary: 'The operations and problems as a page',
      access: 'open',
      answers: { 200: { description: 'A page', contentType: HTML } },
      handle: () => Promise.resolve({ status: 200, body: page, contentType: HTML }),
    }),
    operation({
      method: 'get',
      path: '/problems/{kind}',
      id: 'getProblemKind',
      tag: 'About',
      summary: 'What a kind of problem means',
      access: 'open',
      params: z.object({ kind: z.string() }),
      answers: { 302: { description: 'Its place on the page' } },
      handle: ({ params }) =>
        Promise.resolve({ status: 302, headers: { Location: `/docs#${encodeURIComponent(params.kind)}` } }),
    }),
  ];
  const all = [...served, ...own];
  const document = describe(all);
  const page = renderPage(all);
  return own;
}

function renderPage(operations: readonly Operation[]): string {
  const byTag = [...Map.groupBy(operations, ({ tag }) => tag)];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Order staging API</title>
<link rel="icon" href="/assets/manual-entry/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/assets/manual-entry/style.css">
</head>
<body>
<main>
<h1>Order staging API</h1>
<p>The whole description is <a href="/openapi.json">openapi.json</a> (OpenAPI 3.1). Send <code>Authorization: Bearer</code> with a
source's key or a person's token.</p>
${byTag.map(([tag, there]) => `<h2>${escape(tag)}</h2>\n${there.map(renderOperation).join('\n')}`).join('\n')}
<h2>Problems</h2>
<dl>
${Object.entries(PROBLEMS)
  .map(
    ([kind, { status, title }]) =>
      `<dt id="${kind}"><code>${String(status)} /problems/${kind}</code></dt><dd>${escape(title)}.</dd>`,
  )
  .join('\n')}
</dl>
</main>
</body>
</html>
`;
}

/** Who calls where no key or token is asked for. */
const ANYBODY = { open: 'anyone', signed: 'senders who sign' } as const;

function renderOperation({ method, path, summary, description, access, answers, id }: Operation): string {
  const who =
    typeof access === 'string' ? ANYBODY[access] : [...access.roles, ...(access.sources ? ['sources'] : [])].join(', ');
  const listed = Object.entries(answers).map(
    ([status, answer]) => `<li><code>${status}</code> ${toHtml(answer.description)}</li>`,
  );
  return `<section id="${id}">
<h3><code>${method.toUpperCase()} ${escape(path)}</code></h3>
<p>${toHtml(summary)}. ${toHtml(description ?? '')}</p>
<p class="hint">For ${escape(who)}.</p>
<ul>${listed.join('')}</ul>
</section>`;
}

/** Text with what stands in back-ticks as code. */
function toHtml(text: string): string {
  return escape(text).replaceAll(/`([^`]+)`/g, '<code>$1</code>');
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${String(character.charCodeAt(0))};`);
}
