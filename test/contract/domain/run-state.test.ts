import { expect, test } from 'vitest'
import {
  canResume,
  canStop,
  isSettled,
  isTransition,
  memoryGuess,
  nextAction,
  runActions,
  runStates,
  runTransitions,
  type StateFacts,
  stateAfter,
  stateOf,
  statusOfState,
} from '#contract/domain/run-state.ts'
import { type Run, type RunStatus, runStatuses } from '#contract/domain/run.ts'

const fails = (code: 'diverged' | 'run-failed' | 'out-of-memory' | 'disk-full') => ({ code, message: '', hint: '' })

test.each<[StateFacts, string]>([
  [{ status: 'queued' }, 'queued'],
  [{ status: 'queued', waitsFor: ['p.distill'] }, 'waiting'],
  [{ status: 'queued', waitsFor: [], waitsForCards: 'Waits for a graphics card.' }, 'waiting'],
  [{ status: 'queued', isHeld: true, waitsFor: ['p.distill'] }, 'held'],
  [{ status: 'running', isStopping: true, asked: 'pause' }, 'pausing'],
  [{ status: 'running', isStopping: true, asked: 'requeue', stalledMs: 130_000 }, 'pausing'],
  [{ status: 'running', isStopping: true, asked: 'end' }, 'stopping'],
  [{ status: 'running', asked: 'pause' }, 'running'],
  [{ status: 'stopped', asked: 'pause' }, 'paused'],
  [{ status: 'stopped', asked: 'end' }, 'stopped'],
  [{ status: 'finished', asked: 'pause' }, 'finished'],
  [{ status: 'running', isStarting: true }, 'starting'],
  [{ status: 'running' }, 'running'],
  [{ status: 'running', stalledMs: 130_000 }, 'stalled'],
  [{ status: 'running', isStarting: true, stalledMs: 700_000 }, 'stalled'],
  [{ status: 'running', isStopping: true, stalledMs: 130_000 }, 'stopping'],
  [{ status: 'stopped' }, 'stopped'],
  [{ status: 'finished' }, 'finished'],
  [{ status: 'failed', error: fails('run-failed') }, 'failed'],
  [{ status: 'failed', error: fails('diverged') }, 'diverged'],
  [{ status: 'interrupted', error: fails('run-failed') }, 'interrupted'],
  [{ status: 'missing' }, 'missing'],
  [{ status: 'imported' }, 'imported'],
])('%o is %s', (facts, state) => {
  expect(stateOf(facts)).toBe(state)
  expect(statusOfState[stateOf(facts)]).toBe(facts.status)
})

test('every state can be reached, and every action moves some state', () => {
  const reached = new Set(runStates.flatMap((state) => Object.values(runTransitions[state])))
  expect(runStates.filter((state) => !reached.has(state))).toEqual(['missing', 'imported'])
  for (const action of runActions)
    expect([action, runStates.some((state) => stateAfter(state, action) !== undefined)]).toEqual([action, true])
})

test.each([
  ['queued', 'hold', 'held'],
  ['waiting', 'hold', 'held'],
  ['held', 'release', 'queued'],
  ['held', 'resume', 'queued'],
  ['held', 'start', undefined],
  ['held', 'stop', 'stopped'],
  ['running', 'hold', undefined],
  ['running', 'pause', 'pausing'],
  ['running', 'checkpoint', 'running'],
  ['starting', 'checkpoint', undefined],
  ['running', 'end', 'stopped'],
  ['queued', 'end', undefined],
  ['pausing', 'save', 'paused'],
  ['pausing', 'finish', 'finished'],
  ['pausing', 'stop', 'stopping'],
  ['pausing', 'resume', 'pausing'],
  ['stopping', 'pause', undefined],
  ['stopping', 'resume', 'pausing'],
  ['stopping', 'save', 'stopped'],
  ['stopping', 'end', 'stopped'],
  ['paused', 'resume', 'queued'],
  ['paused', 'pause', undefined],
] as const)('%s, %s: %s', (state, action, next) => expect(stateAfter(state, action)).toBe(next))

test('statuses follow each other as their states do', () => {
  const allowed: Record<RunStatus, RunStatus[]> = {
    queued: ['running', 'stopped', 'interrupted'],
    running: ['finished', 'stopped', 'failed', 'interrupted'],
    finished: [],
    stopped: ['queued'],
    failed: ['queued'],
    interrupted: ['queued'],
    missing: [],
    imported: [],
  }
  for (const from of runStatuses)
    for (const to of runStatuses)
      expect([from, to, isTransition(from, to)]).toEqual([from, to, from === to || allowed[from].includes(to)])
})

test.each([
  ['queued', true, false, false],
  ['running', true, false, false],
  ['finished', false, false, true],
  ['stopped', false, true, true],
  ['failed', false, true, true],
  ['interrupted', false, true, true],
  ['missing', false, false, true],
  ['imported', false, false, true],
] as const)('%s: stop %s, resume %s, settled %s', (status, stop, resume, settled) => {
  expect([canStop({ status }), canResume({ status }), isSettled(status)]).toEqual([stop, resume, settled])
})

test('a diverged run is launched again, since resuming it would compute the same', () => {
  const run = { status: 'failed', error: fails('diverged') } as const
  expect([canResume(run), nextAction(run)]).toEqual([false, 'relaunch'])
})

test.each<[StateFacts & Pick<Run, 'error'>, string | undefined]>([
  [{ status: 'running', error: null }, undefined],
  [{ status: 'running', stalledMs: 1, error: null }, 'stop'],
  [{ status: 'running', isStopping: true, error: null }, undefined],
  [{ status: 'running', isStopping: true, stalledMs: 1, error: null }, 'kill'],
  [{ status: 'queued', isHeld: true, error: null }, 'release'],
  [{ status: 'running', isStopping: true, asked: 'pause', stalledMs: 1, error: null }, 'kill'],
  [{ status: 'stopped', asked: 'pause', error: null }, 'resume'],
  [{ status: 'stopped', error: null }, 'resume'],
  [{ status: 'failed', error: fails('disk-full') }, 'free-space'],
  [{ status: 'failed', error: fails('out-of-memory') }, 'relaunch'],
  [{ status: 'interrupted', error: fails('run-failed') }, 'resume'],
  [{ status: 'missing', error: fails('run-failed') }, 'restore'],
  [{ status: 'finished', error: null }, undefined],
])('what comes next after %o: %s', (run, next) => expect(nextAction(run)).toBe(next))

test('a process that was killed may have run out of memory; one that said so has', () => {
  expect(memoryGuess({ status: 'interrupted', error: fails('run-failed'), exit: 'signal SIGKILL' })).toBe('likely')
  expect(memoryGuess({ status: 'interrupted', error: fails('run-failed'), exit: 'exit code 1' })).toBeUndefined()
  expect(memoryGuess({ status: 'failed', error: fails('out-of-memory'), exit: 'exit code 1' })).toBe('ran-out')
})
