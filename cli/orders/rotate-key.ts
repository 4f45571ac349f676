import { userInfo } from 'node:os';
import {
  KeysElsewhere,
  type Retirement,
  retireKeys,
  type Rotation,
  rotateKeys,
  type RotationOptions,
} from '../../db/key-rotation.ts';
import { Misuse } from './misuse.ts';
import { withLocalStore } from './local-store.ts';
import { JSON_OPTION, printJson, type Verb } from './verb.ts';

export const rotate: Verb = {
  usage: 'rotate-key [--retire] [--json]',
  what: 'replace the master key while the system runs',
  help: `Needs no gateway: changes the key file (VAR_DIR or KEY_FILE) and wraps every data key anew (DATABASE_URL). Programs that
run take the new file up by themselves. What was broken off is finished by running it again.

  --retire  remove the master keys that wrap nothing any more instead; at the earliest a minute after the rotation
  --json    the outcome as one JSON document

The exit code is 1 if --retire has to wait, or old keys are still needed.`,
  options: { retire: { type: 'boolean' }, ...JSON_OPTION },
  words: 0,
  run: ({ values }) =>
    withLocalStore(async (store, { keyFile, masterKeys }) => {
      const isJson = values['json'] === true;
      const progress = (done: number): void => console.error(`${done} data keys …`);
      const options: RotationOptions = {
        keyFile: masterKeys === null ? keyFile : null,
        actor: `cli:${encodeURIComponent(userInfo().username)}`,
        ...(!isJson && { progress }),
      };
      if (values['retire'] !== true) {
        const rotation = await rotateKeys(store, options);
        if (isJson) printJson(rotation);
        else console.log(describeRotation(rotation));
        return 0;
      }
      const retirement = await retireKeys(store, options);
      if (isJson) printJson(retirement);
      else console.log(describeRetirement(retirement));
      return retirement.tooEarly || retirement.inUse.length > 0 ? 1 : 0;
    }).catch((error: unknown) => {
      throw error instanceof KeysElsewhere ? new Misuse(error.message) : error;
    }),
};

function describeRotation({ current, resumed, rewrapped }: Rotation): string {
  const what = resumed ? 'finished the rotation that was under way' : 'rotated';
  return `${what}: ${rewrapped} data keys are under the master key "${current}" now. Back the key file up`;
}

function describeRetirement({ retired, inUse, tooEarly }: Retirement): string {
  if (tooEarly) return 'the key file was changed less than a minute ago: try again later';
  const needed = inUse.map(
    ({ id, count }) => `"${id}" still wraps ${count} data keys: run rotate-key without --retire`,
  );
  return [retired.length > 0 ? `retired: ${retired.join(', ')}` : 'there was nothing to retire', ...needed].join('\n');
}
