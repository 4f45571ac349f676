import { type Finding, isRejected } from '../../orders/finding.ts';
import type { SourceProfile } from '../../orders/source.ts';
import { type DryRun, NoGateway, Refusal } from '../gateway.ts';
import { DEFAULT_SOURCES } from '../setup.ts';
import { toPlainText } from '../table.ts';
import type { Connection } from './connection.ts';
import { chooseSource, type DocumentFile, listFiles, readDocumentFile } from './document-file.ts';
import { parseJsonDocument, parseX12Document, type ParsedDocument, type ParsedOrder } from './parse-document.ts';
import { findText, getWord, JSON_OPTION, printJson, type Verb } from './verb.ts';

export const validate: Verb = {
  usage: 'validate FILE|FOLDER [--source SOURCE]',
  what: 'judge documents without sending them: a dry run, one line per order',
  help: `The gateway judges each order by the rules of now; nothing is stored, reserved or sent. Where no gateway runs, only the
form of the documents is checked, and that is said. Of a folder, every JSON and X12 file is taken.

  --source SOURCE  the source that the documents are from; without, the one that they name, or else the desk
  --json           all findings, as one JSON document

The exit code is 1 if a document or an order would be refused.`,
  options: { source: { type: 'string' }, ...JSON_OPTION },
  words: 1,
  run: async (given) => {
    const { connection } = given;
    const judge = await chooseJudge(connection);
    const results: Result[] = [];
    for (const file of listFiles(getWord(given, 0))) {
      const document = readDocumentFile(file, connection.varDir);
      const result = await judgeDocument(document, judge, findText(given, 'source'));
      results.push(result);
      if (given.values['json'] !== true) console.log(printResult(result).join('\n'));
    }
    if (given.values['json'] === true) printJson({ judgedBy: judge.name, documents: results });
    else console.error(judge.words);
    return results.every(isGood) ? 0 : 1;
  },
};

/** Who judges: the gateway by the rules, or we ourselves by the form alone. */
interface Judge {
  readonly name: 'gateway' | 'form';
  readonly words: string;
  readonly sources: readonly SourceProfile[];
  readonly judge: (order: ParsedOrder, source: SourceProfile, format: 'json' | 'x12') => Promise<readonly Finding[]>;
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
    const judge: Judge['judge'] = async ({ bytes }, { id }, format) => {
      const headers = { 'Content-Type': format === 'json' ? 'application/json' : 'application/edi-x12' };
      const path = `/v1/orders/validate?source=${encodeURIComponent(id)}`;
      return (await gateway.bring<DryRun>(path, keyOf(id), bytes, headers)).findings;
    };
    return { name: 'gateway', words: `Judged by ${gateway.url}, by the rules of now.`, sources: items, judge };
  } catch (error) {
    if (!(error instanceof NoGateway)) throw error;
    const words = `${error.message}: only the form was checked, neither rules nor customers, products and prices.`;
    return { name: 'form', words, sources: DEFAULT_SOURCES, judge: (order) => Promise.resolve(order.findings) };
  }
}

interface Result {
  readonly file: string;
  readonly source: string;
  readonly orders: readonly {
    readonly poNumber: string | null;
    readonly verdict: Verdict;
    readonly findings: readonly Finding[];
  }[];
  readonly refused: readonly Finding[];
}

/** `review`: a person would have to decide. */
type Verdict = 'ok' | 'review' | 'rejected';

async function judgeDocument(document: DocumentFile, judge: Judge, asked: string | undefined): Promise<Result> {
  const { file, bytes, format } = document;
  const source = chooseSource(document, judge.sources, asked);
  const parsed = await parse(document, source);
  const result = { file, source: source.id, refused: parsed.refused };
  if (format !== 'json' && format !== 'x12') return { ...result, orders: [] };
  try {
    const orders = [];
    for (const order of parsed.orders) {
      const findings = await judge.judge(order, source, format);
      orders.push({ poNumber: order.poNumber, verdict: toVerdict(findings), findings });
    }
    return { ...result, orders };
  } catch (error) {
    if (!(error instanceof Refusal) || bytes.length === 0) throw error;
    return { ...result, orders: [], refused: error.problem.findings ?? [notTaken(error.message)] };
  }
}

async function parse({ bytes, format }: DocumentFile, source: SourceProfile): Promise<ParsedDocument> {
  if (format === 'json') return parseJsonDocument(bytes, source);
  if (format !== 'x12') return { orders: [], refused: [notTaken('This is neither JSON nor X12.')] };
  const { x12 } = source;
  if (!x12) return { orders: [], refused: [notTaken(`Source "${source.id}" sends no X12.`)] };
  return parseX12Document(bytes, { ...source, x12 });
}

function notTaken(message: string): Finding {
  const common = { category: 'data_format', disposition: 'reject', path: '', evidence: null, location: {} } as const;
  return { ...common, code: 'DOCUMENT.NOT_TAKEN', message };
}

function toVerdict(findings: readonly Finding[]): Verdict {
  if (isRejected(findings)) return 'rejected';
  return findings.some(({ disposition }) => disposition === 'hold') ? 'review' : 'ok';
}

function isGood({ orders, refused }: Result): boolean {
  return refused.length === 0 && orders.every(({ verdict }) => verdict !== 'rejected');
}

/** One line per order, and one for what of the document is refused. */
function printResult({ file, orders, refused }: Result): readonly string[] {
  const print = (subject: string, verdict: string, findings: readonly Finding[]): string =>
    toPlainText(
      `${file}  ${subject}  ${verdict}  ${[...new Set(findings.map(({ code }) => code))].join(', ')}`.trimEnd(),
    );
  return [
    ...orders.map(({ poNumber, verdict, findings }) => print(poNumber ?? '-', verdict, findings)),
    ...(refused.length > 0 ? [print('-', 'refused', refused)] : []),
  ];
}
