import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { listCache } from '#node/cache-folder.ts'
import { targetFolder } from '#node/target-folder.ts'
import { targetBytes } from '#training/targets/target-file.ts'
import { TargetStore } from '#training/targets/target-store.ts'
import { temporaryFolder } from '../../main/support.ts'
import { bitsOf, clipCount, keyOf, numbers } from './target-clips.ts'

/** A store, and what it says. */
function openStore(folder: string, maxBytes?: number) {
  const said: string[] = []
  const warn = (sentence: string) => void said.push(sentence)
  return {
    said,
    store: new TargetStore({ folder, warn, ...(maxBytes === undefined ? {} : { maxBytes: () => maxBytes }) }),
  }
}

const fileBytes = targetBytes(keyOf(10).description, numbers)

test('features are kept for other stores; damaged ones are said once and replaced', async () => {
  const folder = join(temporaryFolder(), 'targets')
  const first = openStore(folder)
  expect(await first.store.read(keyOf(1), numbers)).toBeUndefined()
  await first.store.write(keyOf(1), bitsOf(1))
  await first.store.write(keyOf(2), bitsOf(2))
  expect(first.said).toEqual([])
  for (const name of readdirSync(folder)) {
    const content = readFileSync(join(folder, name))
    content[1000] = content[1000]! ^ 1
    writeFileSync(join(folder, name), content)
  }
  const second = openStore(folder)
  expect([await second.store.read(keyOf(1), numbers), await second.store.read(keyOf(2), numbers)]).toEqual([
    undefined,
    undefined,
  ])
  expect(second.said).toEqual([
    `Teacher features in ${folder} are computed again. Their file is damaged (its checksum or its description differs).`,
  ])
  await second.store.write(keyOf(1), bitsOf(1))
  expect(await second.store.read(keyOf(1), numbers)).toEqual(bitsOf(1))
})

test('beyond the budget nothing of the own run is deleted, and the log says what follows', async () => {
  const folder = temporaryFolder()
  const { store, said } = openStore(folder, 2.5 * fileBytes)
  for (const clip of [10, 11]) await store.write(keyOf(clip), bitsOf(clip))
  // File systems round times down, some to two seconds, so that a file seems older than the store.
  const roundedDown = Math.floor(Date.now() / 2000) * 2
  for (const name of readdirSync(folder)) utimesSync(join(folder, name), roundedDown, roundedDown)
  for (const clip of [12, 13]) await store.write(keyOf(clip), bitsOf(clip))
  expect(readdirSync(folder).toSorted()).toEqual(['c10.features', 'c11.features'])
  expect(said).toEqual([
    'The budget of the target cache is used up: teachers compute the features of the other clips each time. Raise it with: targets budget GIB',
  ])
})

test('a folder that cannot be used is said once, and nothing is kept', async () => {
  const file = join(temporaryFolder(), 'targets')
  writeFileSync(file, 'not a folder')
  const { store, said } = openStore(file)
  await store.write(keyOf(1), bitsOf(1))
  await store.write(keyOf(2), bitsOf(2))
  expect(await store.read(keyOf(1), numbers)).toBeUndefined()
  expect(said[0]).toContain(`Teacher features cannot be kept in ${file} (`)
  expect(said.length).toBeLessThan(3)
})

test('processes that share the folder and are killed at any point keep the budget and every feature', async () => {
  const folder = temporaryFolder()
  const maxBytes = 8 * fileBytes
  const said: unknown[] = []
  const children = new Set<ChildProcess>()
  onTestFinished(() => void [...children].map((child) => child.kill('SIGKILL')))
  const start = (seed: number): ChildProcess => {
    const child = fork(new URL('./target-writer.ts', import.meta.url), [folder, String(maxBytes), String(seed)], {
      execArgv: [],
    })
    children.add(child)
    child.on('message', (message) => {
      if (message !== 'turn') said.push(message)
    })
    return child
  }
  const end = async (child: ChildProcess) => {
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
    children.delete(child)
  }
  const running = [start(1), start(2)]
  for (let killed = 0; killed < 8; killed++) {
    const victim = running.shift()!
    // At a random point of its work after it has begun.
    await once(victim, 'message')
    for (let spin = 0; spin < (killed * 7919) % 13; spin++) await new Promise((resolve) => setImmediate(resolve))
    await end(victim)
    running.push(start(100 + killed))
    const { files } = await listCache(targetFolder(folder))
    const bytes = files.filter(({ kind }) => kind === 'complete').reduce((sum, file) => sum + file.bytes, 0)
    expect(bytes).toBeLessThanOrEqual(maxBytes + 2 * fileBytes)
  }
  for (const child of running) await end(child)
  expect(said).toEqual([])
  const { store, said: problems } = openStore(folder)
  const found = await Promise.all(
    Array.from({ length: clipCount }, async (_, clip) => {
      const bits = await store.read(keyOf(clip), numbers)
      return bits === undefined ? 'none' : bitsOf(clip).every((half, index) => half === bits[index]) ? 'whole' : 'other'
    }),
  )
  expect(problems).toEqual([])
  expect(new Set(found)).toEqual(new Set(['whole', 'none']))
}, 120_000)
