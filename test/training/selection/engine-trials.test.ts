import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { EngineName, EngineTrial } from '#contract/domain/engine.ts'
import { createEngine } from '#training/selection/create-engine.ts'
import { engineVerdicts, trialsForAuto } from '#training/selection/engine-trials.ts'
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
const cacheFile = (): string => {
  const names = readdirSync(join(folder, 'mvd-studio'))
  expect(names).toEqual([expect.stringMatching(/^engines-[\da-f]{16}\.json$/)])
  return join(folder, 'mvd-studio', names[0]!)
}

/** Opens `auto`, with its messages. */
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

test('auto tries engines once, reports its choice and caches the trials', async () => {
  const { name, said } = await openAuto()
  expect(said).toEqual([
    expect.stringMatching(
      new RegExp(`^auto chose ${name}: \\d+(\\.\\d+)? (ms|s) per step.*; (onnx-cuda|tensorflow): `),
    ),
  ])

  const tried: EngineName[] = []
  const cached = await trialsForAuto({ threads, onTrying: (engine) => tried.push(engine) })
  expect(tried).toEqual([])
  expect(cached.find((trial) => trial.name === name)).toMatchObject({
    isPresent: true,
    selfTest: { passed: true },
    secondsPerStep: expect.any(Number),
  })
  expect(JSON.parse(readFileSync(cacheFile(), 'utf8'))).toMatchObject({
    version: 1,
    machine: machineFacts(threads),
    trials: cached,
  })
  expect(await openAuto()).toEqual({ name, warnings: expect.any(Array), said })
})

test('if a cached engine no longer opens, all engines are tried again', async () => {
  const file = cacheFile()
  const cache = JSON.parse(readFileSync(file, 'utf8')) as { trials: EngineTrial[] }
  const gone = cache.trials.find(({ isPresent }) => !isPresent)!
  Object.assign(gone, {
    isPresent: true,
    device: 'GPU',
    selfTest: { passed: true, worstDifference: 0, sentence: 'It agreed.' },
    secondsPerStep: 1e-4,
  })
  writeFileSync(file, JSON.stringify(cache))

  const { name, warnings } = await openAuto()
  expect(name).not.toBe(gone.name)
  expect(warnings[0]).toMatch(
    new RegExp(
      `^The engine '${gone.name}' is not present: .+ It worked when it was last tried. All engines are tried again\\.$`,
    ),
  )
  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({
    trials: expect.arrayContaining([expect.objectContaining({ name: gone.name, isPresent: false })]),
  })
})

test('a damaged cache is reported and replaced; only requested engines are tried', async () => {
  const file = cacheFile()
  writeFileSync(file, '{"version":1,"trials":[{"name"')
  const warnings: string[] = []
  const tried: EngineName[] = []
  const verdicts = await engineVerdicts({
    names: ['tensorflow'],
    threads,
    warn: (message) => warnings.push(message),
    onTrying: (engine) => tried.push(engine),
  })
  expect(warnings).toEqual([`The results of earlier engine trials in ${file} are damaged. Engines are tried again.`])
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

test('auto works without a cache', async () => {
  writeFileSync(join(folder, 'file'), '')
  process.env['XDG_CACHE_HOME'] = join(folder, 'file')
  const warnings: string[] = []
  const [verdict] = await engineVerdicts({ names: ['tensorflow'], threads, warn: (message) => warnings.push(message) })
  expect(verdict?.name).toBe('tensorflow')
  expect(warnings).toEqual([
    expect.stringMatching(
      /^The results of the engine trials could not be saved to .+, so engines are tried again next time: ENOTDIR/,
    ),
  ])
})
