import { parse } from 'yaml';
import { readProject } from '../docs/sources.ts';

export interface Service {
  readonly image: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string | number>>;
  readonly secrets?: readonly string[];
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly networks: readonly string[];
  readonly restart?: string;
  readonly profiles?: readonly string[];
  readonly container_name?: string;
  readonly read_only?: boolean;
  readonly healthcheck?: { readonly test?: readonly string[]; readonly disable?: boolean };
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly deploy?: {
    readonly replicas?: number;
    readonly resources?: { readonly limits?: { readonly memory?: string } };
  };
}

export interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly networks: Readonly<Record<string, { readonly internal?: boolean }>>;
  readonly volumes: Readonly<Record<string, unknown>>;
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
}

/** `${NAME}`, `${NAME:-default}` and `${NAME:?what to do}`, unless the dollar is doubled. */
const VARIABLE = /(?<!\$)\$\{(\w+)(?::([-?])([^}]*))?\}/g;

/** A variable that a compose file takes from the environment. */
export interface Variable {
  readonly name: string;
  /** undefined: none, the variable must be set. */
  readonly fallback: string | undefined;
}

/** The variables that a text asks for. */
export const listVariables = (text: string): readonly Variable[] =>
  [...text.matchAll(VARIABLE)].map(([, name = '', kind, rest]) => ({
    name,
    fallback: kind === '-' ? rest : undefined,
  }));

/** Reads a compose file as the engine does: variables first, then anchors and merges. */
export function readCompose(path: string, env: Readonly<Record<string, string>>): Compose {
  const value: unknown = parse(readProject(path), { merge: true });
  return interpolate(value, env) as Compose;
}

function interpolate(value: unknown, env: Readonly<Record<string, string>>): unknown {
  if (Array.isArray(value)) return value.map((one) => interpolate(one, env));
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, interpolate(one, env)]));
  if (typeof value !== 'string') return value;
  const filled = value.replaceAll(VARIABLE, (_, name: string, kind: string | undefined, rest: string | undefined) => {
    const set = env[name] || (kind === '-' ? rest : undefined);
    if (set === undefined) throw new Error(`${name} is not set`);
    return set;
  });
  return filled.replaceAll('$$', '$');
}
