import {
  existsSync,
  openSync,
  closeSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { checkpointFolder } from '#contract/layout.ts'
import { clockFile } from './clock.ts'
import { toySteps } from './toy.ts'
import { kill, type World } from './world.ts'

export type Random = () => number

/** What happens to a run. A studio that a fault ended is opened again after it, and a run that ended is resumed. */
export const kinds: Readonly<Record<string, (world: World, random: Random) => Promise<void>>> = {
  'kill the trainer': async (world) => kill(world.trainer(), 'SIGKILL'),
  'kill the studio': (world) => world.killStudio(),
  'kill both': async (world) => {
    await world.killStudio()
    kill(world.trainer(), 'SIGKILL')
  },
  'stop the run': async (world) => {
    await world.ask('stop').catch(ignoreEnd)
  },
  'suspend the trainer': async (world, random) => {
    const pid = world.trainer()
    kill(pid, 'SIGSTOP')
    await delay(300 * random())
    kill(pid, 'SIGCONT')
  },
  'suspend the trainer, kill the studio': async (world) => {
    const pid = world.trainer()
    kill(pid, 'SIGSTOP')
    await world.killStudio()
    await world.open()
    kill(pid, 'SIGCONT')
  },
  'tear process.json, kill the studio': async (world, random) => {
    await world.killStudio()
    tear(join(world.folder, 'process.json'), random)
  },
  'delete process.json, kill the studio': async (world) => {
    await world.killStudio()
    rmSync(join(world.folder, 'process.json'), { force: true })
  },
  'tear heartbeat.json, kill the studio': async (world, random) => {
    await world.killStudio()
    tear(join(world.folder, 'heartbeat.json'), random)
  },
  'cut the events': (world, random) => world.damageEvents(() => tear(world.events, random)),
  'cut the events, kill both': async (world, random) => {
    await world.killStudio()
    kill(world.trainer(), 'SIGKILL')
    await world.damageEvents(() => tear(world.events, random))
  },
  'delete the events': (world) => world.damageEvents(() => rmSync(world.events, { force: true })),
  'replace the events by an earlier copy': (world, random) =>
    world.damageEvents(() => {
      if (!existsSync(world.events)) return
      const copy = `${world.events}.copy`
      writeFileSync(copy, readFileSync(world.events))
      tear(copy, random)
      renameSync(copy, world.events)
    }),
  'flip a byte of the events': (world, random) => world.damageEvents(() => flip(world.events, random)),
  'leave a half renamed checkpoint': async (world) => {
    kill(world.trainer(), 'SIGKILL')
    const newest = world.checkpoints().at(-1)
    if (newest === undefined) return
    const folder = join(world.folder, 'checkpoints')
    if (!existsSync(join(folder, newest))) return
    renameSync(join(folder, newest), join(folder, `.${newest}.old`))
  },
  'flip a byte of the newest checkpoint': async (world, random) => {
    kill(world.trainer(), 'SIGKILL')
    const newest = replaceable(world)
    if (newest !== undefined) flip(join(world.folder, 'checkpoints', newest, 'model.safetensors'), random)
  },
  'put a checkpoint under the name of another step': async (world) => {
    kill(world.trainer(), 'SIGKILL')
    const folder = join(world.folder, 'checkpoints')
    const newest = replaceable(world)
    if (newest !== undefined) renameSync(join(folder, newest), join(folder, 'step-00000057'))
  },
  'delete the database, kill the studio': async (world) => {
    await world.killStudio()
    world.noteLostDatabase()
    for (const ending of ['', '-wal', '-shm']) rmSync(join(world.workspace, `studio.sqlite${ending}`), { force: true })
  },
  'damage the database, kill the studio': async (world, random) => {
    await world.killStudio()
    world.noteLostDatabase()
    const database = join(world.workspace, 'studio.sqlite')
    overwrite(database, random)
  },
  'delete the database in flight, kill the studio': async (world) => {
    world.noteLostDatabase()
    rmSync(join(world.workspace, 'studio.sqlite'), { force: true })
    await delay(50)
    await world.killStudio()
  },
  'set the clock back two hours': async (world) => writeFileSync(join(world.workspace, clockFile), '-7200000'),
  'set the clock forward three hours': async (world) => writeFileSync(join(world.workspace, clockFile), '10800000'),
}

/** The newest checkpoint, if another one can take its role: neither the only one, nor the result of a finished run. */
function replaceable(world: World): string | undefined {
  const [, ...later] = world.checkpoints()
  const newest = later.at(-1)
  return newest === checkpointFolder(toySteps) ? undefined : newest
}

const ignoreEnd = (cause: unknown): void => {
  // It may have ended just before.
  if (!(cause instanceof Error) || !/cannot be stopped/.test(cause.message)) throw cause
}

function tear(file: string, random: Random): void {
  if (existsSync(file)) truncateSync(file, Math.floor(statSync(file).size * random()))
}

/** Overwrites 4 KiB somewhere, as a disk that lost a write. */
function overwrite(file: string, random: Random): void {
  const { size } = statSync(file)
  const handle = openSync(file, 'r+')
  try {
    const position = 512 * Math.floor((Math.max(0, size - 4096) / 512) * random())
    writeSync(
      handle,
      Uint8Array.from({ length: 4096 }, () => Math.floor(256 * random())),
      0,
      4096,
      position,
    )
  } finally {
    closeSync(handle)
  }
}

function flip(file: string, random: Random): void {
  if (!existsSync(file)) return
  const { size } = statSync(file)
  if (size === 0) return
  const position = Math.floor(size * random())
  const byte = readFileSync(file)[position] ?? 0
  const handle = openSync(file, 'r+')
  try {
    writeSync(handle, Uint8Array.of(byte ^ (1 << Math.floor(8 * random()))), 0, 1, position)
  } finally {
    closeSync(handle)
  }
}
