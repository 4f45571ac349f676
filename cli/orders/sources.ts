import { sourceProfileSchema, type SourceProfile } from '../../orders/source.ts';
import { Misuse } from './misuse.ts';
import { AS_OPTION, findText, type Given, getWord, type Verb } from './verb.ts';

/** Who changes sources, unless it is said otherwise. */
const ADMINISTRATOR = 'ada';
const { gate: gates } = sourceProfileSchema.shape;

export const pause: Verb = {
  usage: 'pause SOURCE',
  what: 'take orders of a source in, but let none of them go on',
  help: '  --as PERSON  in whose name; ada without',
  options: AS_OPTION,
  words: 1,
  run: (given) => setGate(given, 'paused'),
};

export const resume: Verb = {
  usage: 'resume SOURCE [--gate live|shadow|manual]',
  what: 'let orders of a paused source go on, within two minutes',
  help: `  --gate GATE  live (without), shadow (nothing is handed to production), manual (a person decides each)
  --as PERSON  in whose name; ada without`,
  options: { gate: { type: 'string' }, ...AS_OPTION },
  words: 1,
  run: async (given) => {
    const gate = gates.safeParse(findText(given, 'gate'));
    if (!gate.success || gate.data === 'paused') throw new Misuse('--gate is live, shadow or manual');
    return setGate(given, gate.data);
  },
};

async function setGate(given: Given, gate: SourceProfile['gate']): Promise<number> {
  const { gateway, tokenOf } = given.connection;
  const token = tokenOf(findText(given, 'as'), ADMINISTRATOR);
  const id = getWord(given, 0);
  const { items } = await gateway.get<{ items: SourceProfile[] }>('/v1/sources', token);
  const profile = items.find((source) => source.id === id);
  if (!profile)
    throw new Misuse(`there is no source "${id}"; there are ${items.map((source) => source.id).join(', ')}`);
  await gateway.send('PUT', `/v1/sources/${encodeURIComponent(id)}`, token, { ...profile, gate });
  console.log(`source ${id} is ${gate}${profile.gate === gate ? ' already' : `; it was ${profile.gate}`}`);
  return 0;
}
