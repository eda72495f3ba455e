import { expect, test } from 'vitest'
import { describeEarlyStop } from '#contract/domain/early-stopping.ts'
import { statusLook, statusNote, timeLeft } from '#renderer/ui/run/status.ts'

const stoppedEarly = {
  monitor: 'validation/top1',
  patience: 5,
  minImprovement: 0.1,
  epoch: 12,
  plannedEpochs: 30,
  best: 61.2,
  bestStep: 700,
  bestEpoch: 7,
}

test.each([
  stoppedEarly,
  { ...stoppedEarly, minImprovement: 0 },
  { ...stoppedEarly, monitor: 'validation/loss', patience: 1, best: 0.0001 },
])('the window says why a run stopped early as the command line does: %o', (stop) => {
  expect(statusNote({ stoppedEarly: stop })).toBe(describeEarlyStop(stop))
})

test('a run that stopped early has finished, and says so; the time left of one that may is an upper bound', () => {
  expect(statusLook({ status: 'finished', isStopping: false, stoppedEarly })).toMatchObject({
    label: 'Finished early',
    color: 'success',
  })
  expect(statusNote({})).toBe('')
  expect(timeLeft({ remainingMs: 65_000, mayStopEarly: true })).toBe('≤ 1 min 5 s')
  expect(timeLeft({ remainingMs: 65_000 })).toBe('1 min 5 s')
  expect(timeLeft({ remainingMs: null, mayStopEarly: true })).toBe('')
})

test('a stalled run says for how long, and what its process waits for', () => {
  const stalledMs = 130_000
  expect(statusNote({ stalledMs })).toBe('No step for 2 min 10 s.')
  expect(statusNote({ stalledMs, processWaits: { kind: 'decoding', subject: 'a/1.mp4', ms: 1 } })).toBe(
    'No step for 2 min 10 s. Its process waits for a decoder (a/1.mp4).',
  )
})
