import { expect, test } from 'vitest'
import { canResume, canStop, isSettled, isTransition, runActions, statusAfter } from '#contract/domain/run-state.ts'
import { type RunStatus, runStatuses } from '#contract/domain/run.ts'

const transitions: Record<string, RunStatus> = {
  'queued start': 'running',
  'queued stop': 'stopped',
  'queued interrupt': 'interrupted',
  'running finish': 'finished',
  'running stop': 'stopped',
  'running fail': 'failed',
  'running interrupt': 'interrupted',
  'stopped resume': 'queued',
  'failed resume': 'queued',
  'interrupted resume': 'queued',
}

test.each(runStatuses.flatMap((status) => runActions.map((action) => ({ status, action }))))(
  '$action of a $status run',
  ({ status, action }) => {
    expect(statusAfter(status, action)).toBe(transitions[`${status} ${action}`])
  },
)

test('only the targets of some action are transitions, and a run may stay as it is', () => {
  const allowed = new Set(Object.entries(transitions).map(([key, to]) => `${key.split(' ')[0]} ${to}`))
  for (const from of runStatuses)
    for (const to of runStatuses)
      expect([from, to, isTransition(from, to)]).toEqual([from, to, from === to || allowed.has(`${from} ${to}`)])
})

test.each([
  ['queued', true, false, false],
  ['running', true, false, false],
  ['finished', false, false, true],
  ['stopped', false, true, true],
  ['failed', false, true, true],
  ['interrupted', false, true, true],
  ['missing', false, false, true],
] as const)('%s: stop %s, resume %s, settled %s', (status, stop, resume, settled) => {
  expect([canStop(status), canResume(status), isSettled(status)]).toEqual([stop, resume, settled])
})
