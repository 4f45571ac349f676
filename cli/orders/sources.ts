import { sourceProfileSchema, type SourceProfile } from '../../orders/source.ts';
import { Misuse } from './misuse.ts';
import { ADMINISTRATOR, AS_OPTION, findText, type Given, getWord, tokenToAdminister, type Verb } from './verb.ts';

/** What a source may be resumed to. */
const gates = sourceProfileSchema.shape.gateBeforePause;

export const pause: Verb = {
  usage: 'pause SOURCE',
  what: 'take orders of a source in, but let none of them go on',
  help: `  --as PERSON  in whose name; ${ADMINISTRATOR} without`,
  options: AS_OPTION,
  words: 1,
  run: (given) =>
    change(given, (profile) =>
      profile.gate === 'paused' ? profile : { ...profile, gate: 'paused', gateBeforePause: profile.gate },
    ),
};

export const resume: Verb = {
  usage: 'resume SOURCE [--gate live|shadow|manual]',
  what: 'let orders of a paused source go on, within two minutes',
  help: `  --gate GATE  live, shadow (nothing is handed to production), manual (a person decides each); without, what it was
               before it was paused
  --as PERSON  in whose name; ${ADMINISTRATOR} without`,
  options: { gate: { type: 'string' }, ...AS_OPTION },
  words: 1,
  run: async (given) => {
    const asked = gates.safeParse(findText(given, 'gate'));
    if (!asked.success) throw new Misuse('--gate is live, shadow or manual');
    return change(given, ({ gateBeforePause = 'live', ...profile }) => {
      const before = profile.gate === 'paused' ? gateBeforePause : profile.gate;
      return { ...profile, gate: asked.data ?? before };
    });
  },
};

async function change(given: Given, make: (profile: SourceProfile) => SourceProfile): Promise<number> {
  const { gateway } = given.connection;
  const token = tokenToAdminister(given);
  const id = getWord(given, 0);
  const { items } = await gateway.get<{ items: SourceProfile[] }>('/v1/sources', token);
  const profile = items.find((source) => source.id === id);
  if (!profile)
    throw new Misuse(`there is no source "${id}"; there are ${items.map((source) => source.id).join(', ')}`);
  const changed = make(profile);
  await gateway.send('PUT', `/v1/sources/${encodeURIComponent(id)}`, token, changed);
  console.log(
    `source ${id} is ${changed.gate}${profile.gate === changed.gate ? ' already' : `; it was ${profile.gate}`}`,
  );
  return 0;
}
