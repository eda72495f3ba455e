import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { EngineName, EngineTrial } from '#contract/domain/engine.ts'
import { createEngine } from '#training/selection/create-engine.ts'
import { surveyEngines } from '#training/selection/engine-trials.ts'
import { trialsForChoice } from '#training/selection/engine-trials.ts'
import { machineFacts, machineKey } from '#training/selection/machine-facts.ts'

let folder: string
const before = process.env['XDG_CACHE_HOME']
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mvd-engines-'))
  process.env['XDG_CACHE_HOME'] = folder
})
afterAll(() => {
  if (before === undefined) delete process.env['XDG_CACHE_HOME']
  else process.env['XDG_CACHE_HOME'] = before
  rmSync(folder, { recursive: true, force: true })
})

const threads = 1
const memoryFile = (): string => {
  const names = readdirSync(join(folder, 'mvd-studio'))
  expect(names).toEqual([expect.stringMatching(/^engines-[\da-f]{16}\.json$/)])
  return join(folder, 'mvd-studio', names[0]!)
}

/** Opens what `auto` takes, with all that is said on the way. */
async function openAuto() {
  const warnings: string[] = []
  const said: string[] = []
  const engine = await createEngine('auto', {
    threads,
    onPassedOver: (message) => warnings.push(message),
    onChosen: (message) => said.push(message),
  })
  await engine.dispose()
  return { name: engine.name, warnings, said }
}

test('auto tries once, says what it took and why, and remembers it', async () => {
  const { name, said } = await openAuto()
  expect(said).toEqual([
    expect.stringMatching(new RegExp(`^auto takes ${name}: \\d+(\\.\\d+)? (ms|s) a step.*; (onnx-cuda|tensorflow): `)),
  ])

  const tried: EngineName[] = []
  const remembered = await trialsForChoice({ threads, onTrying: (engine) => tried.push(engine) })
  expect(tried).toEqual([])
  expect(remembered.find((trial) => trial.name === name)).toMatchObject({
    isPresent: true,
    selfTest: { passed: true },
    secondsPerStep: expect.any(Number),
  })
  expect(JSON.parse(readFileSync(memoryFile(), 'utf8'))).toMatchObject({
    version: 1,
    machine: machineFacts(threads),
    trials: remembered,
  })
  expect(await openAuto()).toEqual({ name, warnings: expect.any(Array), said })
})

test('a remembered engine that does not open any more is tried again, like all others', async () => {
  const file = memoryFile()
  const memory = JSON.parse(readFileSync(file, 'utf8')) as { trials: EngineTrial[] }
  const gone = memory.trials.find(({ isPresent }) => !isPresent)!
  Object.assign(gone, {
    isPresent: true,
    device: 'GPU',
    selfTest: { passed: true, worstDifference: 0, sentence: 'It agreed.' },
    secondsPerStep: 1e-4,
  })
  writeFileSync(file, JSON.stringify(memory))

  const { name, warnings } = await openAuto()
  expect(name).not.toBe(gone.name)
  expect(warnings[0]).toMatch(
    new RegExp(
      `^The engine '${gone.name}' is not present: .+ It worked when it was last tried; all engines are tried again\\.$`,
    ),
  )
  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({
    trials: expect.arrayContaining([expect.objectContaining({ name: gone.name, isPresent: false })]),
  })
})

test('a damaged memory is said and made anew; a report tries only what it is asked for', async () => {
  const file = memoryFile()
  writeFileSync(file, '{"version":1,"trials":[{"name"')
  const warnings: string[] = []
  const tried: EngineName[] = []
  const verdicts = await surveyEngines({
    names: ['tensorflow'],
    threads,
    warn: (message) => warnings.push(message),
    onTrying: (engine) => tried.push(engine),
  })
  expect(warnings).toEqual([`What was remembered of the engines in ${file} is damaged; they are tried again.`])
  expect(tried).toEqual(['tensorflow'])
  expect(verdicts.map(({ name }) => name)).toEqual(['tensorflow'])
})

test('another driver, another number of threads or another card is another machine', () => {
  const key = machineKey(machineFacts(threads))
  expect(machineKey(machineFacts(threads))).toBe(key)
  expect(machineKey(machineFacts(2))).not.toBe(key)
  process.env['VK_DRIVER_FILES'] = '/opt/driver.json'
  expect(machineKey(machineFacts(threads))).not.toBe(key)
  delete process.env['VK_DRIVER_FILES']
})

test('where nothing can be remembered, a choice is made all the same', async () => {
  writeFileSync(join(folder, 'file'), '')
  process.env['XDG_CACHE_HOME'] = join(folder, 'file')
  const warnings: string[] = []
  const [verdict] = await surveyEngines({ names: ['tensorflow'], threads, warn: (message) => warnings.push(message) })
  expect(verdict?.name).toBe('tensorflow')
  expect(warnings).toEqual([
    expect.stringMatching(
      /^How the engines fared could not be remembered in .+, so they are tried again next time: ENOTDIR/,
    ),
  ])
})
