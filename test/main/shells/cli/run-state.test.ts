import { expect, test } from 'vitest'
import { stateText } from '#main/shells/cli/run-state.ts'
import { makeRun } from '../../../contract/query/support.ts'

const failed = (code: 'run-failed' | 'diverged' | 'out-of-memory') => ({ code, message: '', hint: '' })

test.each([
  [makeRun(), 'State: finished.'],
  [
    makeRun({ status: 'running', stalledMs: 150_000 }),
    'State: stalled (no step for 2 min 30 s).\nLook at its log, and stop it: run stop shapes-1.run',
  ],
  [
    makeRun({
      status: 'running',
      stalledMs: 150_000,
      isStopping: true,
      processWaits: { kind: 'decoding', subject: 'a/1.mp4', ms: 140_000 },
    }),
    `State: stopping (no step for 2 min 30 s).
Its process waits for a decoder (a/1.mp4), for 2 min 20 s.
End its process: run stop shapes-1.run --now`,
  ],
  [makeRun({ status: 'queued', isHeld: true }), 'State: held.\nLet it start: run release shapes-1.run'],
  [
    makeRun({ status: 'interrupted', exit: 'signal SIGKILL', checkpointCount: 0, error: failed('run-failed') }),
    `State: interrupted.
Its last process ended with signal SIGKILL.
It may have run out of memory: systems kill processes then.
Resume it: run resume shapes-1.run (it has no checkpoint, so it begins again)`,
  ],
  [
    makeRun({ status: 'failed', error: failed('diverged') }),
    `State: diverged.
Look at its report: run divergence shapes-1.run
Launch it again from its last good checkpoint with a lower rate: run relaunch shapes-1.run`,
  ],
  [
    makeRun({ status: 'failed', error: failed('out-of-memory') }),
    `State: failed.
It ran out of memory.
Launch it again with other settings: pipeline rerun shapes-1.run --set SECTION.KEY=VALUE`,
  ],
])('what is shown of a run', (run, text) => expect(stateText(run)).toBe(text))
