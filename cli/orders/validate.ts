import { type Finding, isRejected } from '../../orders/finding.ts';
import type { SourceProfile } from '../../orders/source.ts';
import { createProgress } from '../demo/progress.ts';
import { type DryRun, NoGateway, Refusal } from '../gateway.ts';
import { DEFAULT_SOURCES } from '../setup.ts';
import { printTable, toPlainText } from '../table.ts';
import type { Connection } from './connection.ts';
import { chooseSource, type DocumentFile, listFiles, readDocumentFile } from './document-file.ts';
import { Misuse } from './misuse.ts';
import { parseDocument, type ParsedDocument, refuseDocument } from './parse-document.ts';
import { findText, getWord, JSON_OPTION, type Verb } from './verb.ts';

export const validate: Verb = {
  usage: 'validate FILE|FOLDER [--source SOURCE]',
  what: 'judge documents without sending them: a dry run, one line per order',
  help: `The gateway judges each order by the rules of now; nothing is stored, reserved or sent. Where no gateway runs, only the
form of the documents is checked, and that is said. Of a folder, every JSON, XML, CSV and X12 file in it and below it is
taken. A file that cannot be read is told, and the others go on.

  --source SOURCE  the source that the documents are from; without, the one that a document names, the one that its folder
                   is called after, or the partner of its interchange; or else the desk
  --json           all findings, as one JSON document
  --progress       tell how far it is, on the standard error; on a terminal it is told anyway

The exit code is 1 if a document or an order would be refused.`,
  options: { source: { type: 'string' }, progress: { type: 'boolean' }, ...JSON_OPTION },
  words: 1,
  run: async (given) => {
    const { connection, values } = given;
    const judge = await chooseJudge(connection);
    const { files, unreadable } = await listFiles(getWord(given, 0));
    const print = values['json'] === true ? createJsonPrinter(judge) : createLinePrinter(judge, files.length === 1);
    const progress = createCounter(files.length, values['progress'] === true);
    for (const { file, why } of unreadable)
      print.result(toResult(file, null, refuseDocument(`it cannot be read (${why})`)));
    const asked = findText(given, 'source');
    const judgeFile = (file: string): Promise<Result> => judgeOne(file, connection.varDir, judge, asked);
    let isAllGood = unreadable.length === 0;
    for await (const result of inOrder(files, judgeFile)) {
      progress.count(result);
      print.result(result);
      isAllGood &&= isGood(result);
    }
    progress.clear();
    print.end();
    return isAllGood ? 0 : 1;
  },
};

/** Files judged at once: while the gateway thinks about one, the next are read. */
const AT_ONCE = 6;
/** Orders of one document judged by one call. */
const PAGE = 500;

/** Works on several items at once, and gives the results in the order of the items. Few of them are in memory. */
async function* inOrder<Item, Outcome>(
  items: readonly Item[],
  work: (item: Item) => Promise<Outcome>,
): AsyncGenerator<Outcome> {
  const running: Promise<Outcome>[] = [];
  for (const item of items) {
    const outcome = work(item);
    // Fails where it is awaited, which may be later.
    outcome.catch(() => undefined);
    running.push(outcome);
    const first = running.length >= AT_ONCE ? running.shift() : undefined;
    if (first) yield await first;
  }
  for (const outcome of running) yield await outcome;
}

/** Who judges: the gateway by the rules, or we ourselves by the form alone. */
interface Judge {
  readonly name: 'gateway' | 'form';
  readonly words: string;
  readonly sources: readonly SourceProfile[];
  readonly judge: (document: DocumentFile, source: SourceProfile) => Promise<ParsedDocument>;
}

async function chooseJudge({ gateway, keyOf, tokenOf }: Connection): Promise<Judge> {
  try {
    const token = (): string => tokenOf(undefined, 'olivia');
    const isUp = await fetch(`${gateway.url}/healthz`, { signal: AbortSignal.timeout(5000) }).then(
      ({ ok }) => ok,
      () => false,
    );
    if (!isUp) throw new NoGateway(`no gateway answers at ${gateway.url}`);
    const { items } = await gateway.get<{ items: SourceProfile[] }>('/v1/sources', token());
    const judge: Judge['judge'] = (document, { id }) => askGateway(gateway, keyOf(id), document, id);
    return { name: 'gateway', words: `Judged by ${gateway.url}, by the rules of now.`, sources: items, judge };
  } catch (error) {
    if (!(error instanceof NoGateway)) throw error;
    const words = `${error.message}: only the form was checked, neither rules nor customers, products and prices.`;
    const judge: Judge['judge'] = ({ bytes, contentType }, source) =>
      Promise.resolve(parseDocument(bytes, contentType, source));
    return { name: 'form', words, sources: DEFAULT_SOURCES, judge };
  }
}

/** @throws Refusal where the gateway does not judge at all */
async function askGateway(
  gateway: Connection['gateway'],
  key: string,
  { bytes, contentType }: DocumentFile,
  source: string,
): Promise<ParsedDocument> {
  const headers = contentType === undefined ? {} : { 'Content-Type': contentType };
  const orders: ParsedDocument['orders'][number][] = [];
  try {
    for (let from = 0; ;) {
      const path = `/v1/orders/validate?source=${encodeURIComponent(source)}&from=${from}&limit=${PAGE}`;
      const answer: DryRun = await gateway.bring<DryRun>(path, key, bytes, headers);
      const judged = answer.orders ?? (answer.count === 0 ? [] : [answer]);
      orders.push(...judged.map(({ order, findings }) => ({ poNumber: order?.poNumber ?? null, findings })));
      if (typeof answer.next === 'number') {
        from = answer.next;
        continue;
      }
      const refused = answer.count === 1 ? [] : answer.findings.filter(({ disposition }) => disposition === 'reject');
      return { kind: `${answer.format}, ${answer.layout}`, orders, refused };
    }
  } catch (error) {
    if (!(error instanceof Refusal) || !isAboutDocument(error.problem.status)) throw error;
    const { findings } = error.problem;
    return findings ? { kind: null, orders: [], refused: findings } : refuseDocument(error.message);
  }
}

function isAboutDocument(status: number): boolean {
  return [400, 413, 415, 422].includes(status);
}

interface Result {
  readonly file: string;
  readonly source: string | null;
  readonly kind: string | null;
  readonly orders: readonly {
    readonly poNumber: string | null;
    readonly verdict: Verdict;
    readonly findings: readonly Finding[];
  }[];
  readonly refused: readonly Finding[];
}

/** `review`: a person would have to decide. */
type Verdict = 'ok' | 'review' | 'rejected';

async function judgeOne(file: string, varDir: string, judge: Judge, asked: string | undefined): Promise<Result> {
  const document = await readDocumentFile(file, varDir).catch((error: unknown) => {
    if (error instanceof Misuse) return error;
    throw error;
  });
  if (document instanceof Misuse) return toResult(file, null, refuseDocument(document.message));
  const source = chooseSource(document, judge.sources, asked);
  return toResult(file, source.id, await judge.judge(document, source));
}

function toResult(file: string, source: string | null, { kind, orders, refused }: ParsedDocument): Result {
  const judged = orders.map(({ poNumber, findings }) => ({ poNumber, verdict: toVerdict(findings), findings }));
  return { file, source, kind, orders: judged, refused };
}

function toVerdict(findings: readonly Finding[]): Verdict {
  if (isRejected(findings)) return 'rejected';
  return findings.some(({ disposition }) => disposition === 'hold') ? 'review' : 'ok';
}

function isGood({ orders, refused }: Result): boolean {
  return refused.length === 0 && orders.every(({ verdict }) => verdict !== 'rejected');
}

/** Tells how far it is, now and then; nothing where nobody wants to know. */
function createCounter(files: number, asked: boolean) {
  const progress = createProgress(process.stderr);
  const isTold = asked || process.stderr.isTTY;
  let [done, bad, toldAt] = [0, 0, 0];
  return {
    count(result: Result): void {
      done += 1;
      if (!isGood(result)) bad += 1;
      if (!isTold || (Date.now() - toldAt < 500 && done < files)) return;
      toldAt = Date.now();
      progress.show(`${done} of ${files} files, ${bad} with something to refuse`);
    },
    clear: (): void => {
      if (isTold) progress.clear();
    },
  };
}

/** Prints each result as it comes, so that a folder of any size needs no more memory than its largest documents. */
interface Printer {
  readonly result: (result: Result) => void;
  readonly end: () => void;
}

function createJsonPrinter({ name }: Judge): Printer {
  let separator = '';
  process.stdout.write(`{"judgedBy":${JSON.stringify(name)},"documents":[`);
  return {
    result: (result) => {
      process.stdout.write(`${separator}\n${JSON.stringify(result)}`);
      separator = ',';
    },
    end: () => void process.stdout.write('\n]}\n'),
  };
}

/** Findings of one document told in words. */
const MOST_TOLD = 30;

/**
 * One line per order, and one for what of the document is refused; in the end how many there were of each.
 * @param inWords whether findings are told in words, as for one document, or by their codes alone
 */
function createLinePrinter({ words }: Judge, inWords: boolean): Printer {
  let told = 0;
  const verdicts = new Map<string, number>();
  const codes = new Map<string, number>();
  const count = (counts: Map<string, number>, name: string): void => void counts.set(name, (counts.get(name) ?? 0) + 1);
  const print = (file: string, subject: string, verdict: string, findings: readonly Finding[]): void => {
    const found = [...new Set(findings.map(({ code }) => code))];
    console.log(toPlainText(`${file}  ${subject}  ${verdict}  ${found.join(', ')}`.trimEnd()));
    count(verdicts, verdict);
    for (const code of found) count(codes, code);
    if (!inWords) return;
    for (const finding of findings.slice(0, Math.max(0, MOST_TOLD - told))) console.log(toPlainText(describe(finding)));
    told += findings.length;
  };
  return {
    result: ({ file, orders, refused }) => {
      for (const { poNumber, verdict, findings } of orders) print(file, poNumber ?? '-', verdict, findings);
      if (refused.length > 0) print(file, '-', 'refused', refused);
    },
    end: () => {
      const rows = [...verdicts, ...[...codes].toSorted(([, x], [, y]) => y - x)];
      const table = printTable(['verdict or finding', 'times'], rows.map(([name, times]) => [name, String(times)]), [1]); // prettier-ignore
      const more =
        inWords && told > MOST_TOLD ? [`${String(told - MOST_TOLD)} more findings: see them with --json.`] : [];
      console.error([...more, ...(rows.length > 1 ? [table] : []), words].join('\n'));
    },
  };
}

/** What is wrong, and where in the document. */
function describe({ disposition, message, location }: Finding): string {
  const { line, column, segment, segmentPosition } = location;
  const place = [
    line === undefined ? [] : `line ${String(line)}`,
    column === undefined ? [] : `column ${String(column)}`,
    segmentPosition === undefined ? [] : `segment ${String(segmentPosition)} (${segment ?? '?'})`,
  ].flat();
  return `    ${disposition}  ${place.length === 0 ? '' : `${place.join(', ')}: `}${message}`;
}
