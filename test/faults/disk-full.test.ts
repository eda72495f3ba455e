import { execFileSync } from 'node:child_process'
import {
  closeSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { isDiskFull, toStudioError } from '#contract/api/errors.ts'
import { nextAction } from '#contract/domain/run-state.ts'
import { reindex } from '#main/app/reindex.ts'
import { openStudio } from '#main/app/studio.ts'
import { openDatabase } from '#main/database/open.ts'
import { DiskWatch } from '#training/run/disk-watch.ts'
import { notRun } from '../support/not-run.ts'
import { makeTemplate } from './template.ts'
import { toySteps, undisturbed } from './toy.ts'
import { World } from './world.ts'

const unmount = (folder: string) => execFileSync('umount', ['-l', folder], { stdio: 'ignore' })

/** A small disk of its own; undefined if this user may not make one. */
function smallDisk(): string | undefined {
  if (process.platform !== 'linux') return undefined
  const folder = mkdtempSync(join(tmpdir(), 'mvd-disk-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=48m', 'mvd-studio-test', folder], { stdio: 'ignore' })
    return folder
  } catch {
    rmSync(folder, { recursive: true })
    return undefined
  }
}

/** Fills a disk to its last byte. Returns the file to delete. */
function fill(folder: string): string {
  const path = join(folder, 'filler')
  const file = openSync(path, 'w')
  for (const size of [1 << 20, 1 << 12, 1]) {
    try {
      for (const bytes = Buffer.alloc(size); ;) writeSync(file, bytes)
    } catch (cause) {
      if (!isDiskFull(cause)) throw cause
    }
  }
  closeSync(file)
  return path
}

function canMount(): boolean {
  const folder = smallDisk()
  if (folder === undefined) return false
  unmount(folder)
  rmSync(folder, { recursive: true })
  return true
}

function disk(): string {
  const folder = smallDisk()
  if (folder === undefined) throw new Error('The disk could not be mounted again.')
  onTestFinished(() => {
    unmount(folder)
    rmSync(folder, { recursive: true, force: true })
  })
  return folder
}

/** A workspace with a queued run on a disk. */
async function worldOn(folder: string): Promise<World> {
  const template = await makeTemplate()
  onTestFinished(() => template.remove())
  cpSync(template.workspace, join(folder, 'workspace'), { recursive: true })
  const world = new World(join(folder, 'workspace'))
  onTestFinished(() => world.close())
  return world
}

describe('on a full disk', () => {
  notRun(canMount() ? undefined : 'This user may not mount a small disk (tmpfs).')

  test(
    'a run fails with what to do, the workspace can be looked at, and nothing is lost',
    { timeout: 120_000 },
    async () => {
      const folder = disk()
      const world = await worldOn(folder)
      await world.open()
      // Read from the disk, since the run could finish before the studio has told of a step.
      await vi.waitFor(() => expect(world.stepsOnDisk().length).toBeGreaterThan(12), { timeout: 60_000, interval: 5 })
      // Filling takes a while, in which the run could finish, or lose the space of its reserve again.
      const trainer = world.trainer()
      if (trainer === undefined) throw new Error('The trainer of the run is not known.')
      process.kill(trainer, 'SIGSTOP')
      // What the studio has yet to read would make it give up its reserve, with which the run could finish.
      const last = Math.max(...world.stepsOnDisk())
      await world.until((run) => run.step >= last)
      let filler = fill(folder)
      process.kill(trainer, 'SIGCONT')
      const failed = await world.until((run) => run.status !== 'running')
      expect(failed).toMatchObject({ status: 'failed', error: { code: 'disk-full' } })
      expect(nextAction(failed)).toBe('free-space')
      // What the reserves gave up is filled, too.
      rmSync(filler)
      filler = fill(folder)

      await world.killStudio()
      await world.open()
      expect((await world.run()).status).toBe('failed')
      expect(world.said).not.toMatch(/defect of the studio/)
      await world.killStudio()
      const refused = await reindex({ workspace: world.workspace }).catch(toStudioError)
      expect(refused).toMatchObject({ code: 'disk-full' })

      rmSync(filler)
      await world.open()
      await world.ask('resume')
      await world.until((run) => run.status === 'finished')
      const points = await world.points()
      expect(Array.from({ length: toySteps }, (_, index) => points.get(index + 1))).toEqual(undisturbed().losses)
    },
  )

  test(
    'a queued run waits until there is space, and what is found at the start is reported',
    { timeout: 120_000 },
    async () => {
      const folder = disk()
      const world = await worldOn(folder)
      const dataset = join(world.workspace, 'datasets/shapes')
      renameSync(dataset, join(folder, 'shapes'))
      // Its shared memory exists then, as beside a studio that was killed.
      const database = openDatabase(join(world.workspace, 'studio.sqlite'))
      onTestFinished(() => void database.close())
      const filler = fill(folder)
      await world.open()
      expect((await world.run()).status).toBe('queued')
      await vi.waitFor(() => expect(world.said).toMatch(/The disk is full\.\n$/))
      expect(world.said).toMatch(/^The dataset shapes is gone: its folder was removed\./)
      expect(world.said).not.toMatch(/defect of the studio/)

      renameSync(join(folder, 'shapes'), dataset)
      rmSync(filler)
      await world.until((run) => run.status === 'finished')
    },
  )

  test('a workspace that was closed opens with the space of its reserve, or says that the disk is full', async () => {
    const folder = disk()
    const world = await worldOn(folder)
    writeFileSync(join(world.workspace, 'studio.reserve'), Buffer.alloc(1 << 20))
    fill(folder)
    await world.open()
    expect((await world.run()).stage).toBe('image-teacher')
    await world.close()

    for (const name of ['studio.sqlite-wal', 'studio.sqlite-shm']) rmSync(join(world.workspace, name), { force: true })
    rmSync(join(folder, 'filler'))
    fill(folder)
    const entries = { resources: 'resources', trainingEntry: 'test/faults/trainer.ts' }
    const refused = await openStudio({
      workspace: world.workspace,
      shell: 'browser',
      version: '0.0.0',
      ...entries,
    }).catch(toStudioError)
    expect(refused).toMatchObject({ code: 'disk-full', message: 'The disk is full.' })
  })

  test('less space than a checkpoint needs is noticed', () => {
    const folder = disk()
    mkdirSync(join(folder, 'run'))
    const warnings: string[] = []
    const warn = (message: string) => void warnings.push(message)
    const roomy = new DiskWatch(join(folder, 'run'), 1000)
    expect([roomy.isLow(warn), roomy.isLow(warn)]).toEqual([false, false])
    expect(warnings).toEqual([
      expect.stringMatching(
        /^The disk has 4\d\.\d MiB left\. The run saves its state and ends when it has less than 16\.0 MiB\.$/,
      ),
    ])
    const watch = new DiskWatch(join(folder, 'run'), 10_000_000)
    expect(watch.isLow(warn)).toBe(true)
    expect(watch.error(7).message).toMatch(
      /^The disk has 4\d\.\d MiB left at step 7, and the next checkpoint of this run needs/,
    )
  })
})
