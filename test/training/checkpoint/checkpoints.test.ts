import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdtemp, open, readdir, rename, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { checkpointCard } from '#contract/domain/checkpoint.ts'
import { readModel, readTrainingState, saveCheckpoint } from '#training/checkpoint/checkpoints.ts'
import { newestCheckpoint } from '#training/checkpoint/find.ts'
import { description, state } from './sample.ts'

let run: string
let warnings: string[]
beforeEach(async () => {
  run = await mkdtemp(join(tmpdir(), 'run-'))
  warnings = []
})
afterEach(() => rm(run, { recursive: true }))

const warn = (message: string) => warnings.push(message.replaceAll(run, '<run>'))
const newestStep = async () => (await newestCheckpoint(run, warn))?.card.step
const checkpointPath = (...parts: string[]) => join(run, 'checkpoints', ...parts)

describe('saveCheckpoint', () => {
  it('writes a folder that gives the whole state back', async () => {
    const card = await saveCheckpoint(run, description(10), state(1))
    expect(checkpointCard.parse(card)).toEqual(card)
    expect(card.files.map(({ name }) => name)).toEqual(['model.safetensors', 'optimizer.safetensors'])

    const found = await newestCheckpoint(run, warn)
    expect(found).toEqual({ folder: checkpointPath('step-00000010'), card })
    expect(await readTrainingState(found!.folder)).toEqual(state(1))
    expect(await readModel(found!.folder)).toEqual(state(1).parameters)
    expect(await readdir(checkpointPath())).toEqual(['step-00000010'])
  })

  it('keeps the loss scale of a run in half precision to the bit', async () => {
    const scaled = { ...state(1), lossScale: { scale: 2 ** -3, goodSteps: 1999, skippedSteps: 12_345 } }
    await saveCheckpoint(run, description(10), scaled)
    expect(await readTrainingState(checkpointPath('step-00000010'))).toEqual(scaled)
  })

  it('replaces a checkpoint of the same step', async () => {
    await saveCheckpoint(run, description(10), state(1))
    await saveCheckpoint(run, description(10), state(2))
    expect(await readModel(checkpointPath('step-00000010'))).toEqual(state(2).parameters)
    expect(await readdir(checkpointPath())).toEqual(['step-00000010'])
  })

  it('leaves the good checkpoint when a save fails', async () => {
    await saveCheckpoint(run, description(10), state(1))
    const broken = {
      ...state(2),
      secondMoments: { 'head.weight': { shape: [9], dtype: 'float32' as const, data: new Float32Array(1) } },
    }
    await expect(saveCheckpoint(run, description(10), broken)).rejects.toThrow('second.head.weight')
    expect(await readdir(checkpointPath())).toEqual(['step-00000010'])
    expect(await readTrainingState(checkpointPath('step-00000010'))).toEqual(state(1))
  })

  it('clears away what a killed save left behind', async () => {
    await saveCheckpoint(run, description(10), state(1))
    await cp(checkpointPath('step-00000010'), checkpointPath('.step-00000020.tmp'), { recursive: true })
    expect(await newestStep()).toBe(10)
    await saveCheckpoint(run, description(20), state(2))
    expect((await readdir(checkpointPath())).toSorted()).toEqual(['step-00000010', 'step-00000020'])
  })

  it('finds the old one when a replacement was cut off between its renames', async () => {
    await saveCheckpoint(run, description(10), state(1))
    await rename(checkpointPath('step-00000010'), checkpointPath('.step-00000010.old'))
    expect(await newestStep()).toBe(10)
    await saveCheckpoint(run, description(20), state(2))
    expect((await readdir(checkpointPath())).toSorted()).toEqual(['step-00000010', 'step-00000020'])
  })

  it('survives a kill at any moment', async () => {
    const child = spawn(process.execPath, [resolve(import.meta.dirname, 'save-forever.ts'), run], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let announced = 0
    for await (const line of createInterface(child.stdout)) {
      announced = Number(line)
      if (announced === 12) child.kill('SIGKILL')
    }
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    const found = await newestCheckpoint(run, warn)
    expect(announced).toBeGreaterThanOrEqual(12)
    expect(found!.card.step).toBeGreaterThanOrEqual(announced)
    expect(await readTrainingState(found!.folder)).toEqual(state(found!.card.step))
    expect(warnings).toEqual([])
  })
})

describe('newestCheckpoint', () => {
  it('finds nothing in a run without checkpoints', async () => {
    expect(await newestStep()).toBeUndefined()
  })

  it('goes by the step, also beyond eight digits', async () => {
    for (const step of [9, 123_456_789, 99_999_999]) await saveCheckpoint(run, description(step), state(1))
    expect(await newestStep()).toBe(123_456_789)
  })

  it.each([
    [
      'a flipped bit',
      async (folder: string) => {
        const file = await open(join(folder, 'model.safetensors'), 'r+')
        await file.write(Uint8Array.of(0x55), 0, 1, (await file.stat()).size - 1)
        await file.close()
      },
      'model.safetensors is not what was written (its SHA-256 differs)',
    ],
    [
      'a cut-off file',
      (folder: string) => truncate(join(folder, 'optimizer.safetensors'), 100),
      'optimizer.safetensors has 100 bytes instead of 184',
    ],
    ['a missing file', (folder: string) => rm(join(folder, 'model.safetensors')), 'model.safetensors is missing'],
    ['a missing card', (folder: string) => rm(join(folder, 'checkpoint.json')), 'its checkpoint.json is missing'],
    [
      'an unreadable card',
      (folder: string) => writeFile(join(folder, 'checkpoint.json'), '{"version":'),
      'its checkpoint.json cannot be read',
    ],
  ])('passes over %s and says so', async (_, damage, problem) => {
    await saveCheckpoint(run, description(10), state(1))
    await saveCheckpoint(run, description(20), state(2))
    await damage(checkpointPath('step-00000020'))
    expect(await newestStep()).toBe(10)
    expect(warnings).toEqual([
      `The checkpoint ${join('<run>', 'checkpoints', 'step-00000020')} is damaged: ${problem}. It is skipped.`,
    ])
  })

  it('stops when asked', async () => {
    await saveCheckpoint(run, description(10), state(1))
    await expect(newestCheckpoint(run, warn, AbortSignal.abort())).rejects.toThrow('abort')
  })
})
