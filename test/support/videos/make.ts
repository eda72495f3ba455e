import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { writeBroken } from './broken.ts'
import { writeClasses } from './classes.ts'
import { videoFolder } from './folder.ts'
import { writeReadable } from './readable.ts'

// Writes all videos into a folder of this process, and renames it when it is complete: another process may do the same.
const own = `${videoFolder}.${process.pid}`
rmSync(own, { recursive: true, force: true })
for (const name of ['readable', 'broken', 'classes']) mkdirSync(join(own, name), { recursive: true })
await writeReadable(join(own, 'readable'))
await writeBroken(join(own, 'broken'), join(own, 'readable'))
await writeClasses(join(own, 'classes'))
try {
  renameSync(own, videoFolder)
} catch (cause) {
  rmSync(own, { recursive: true, force: true })
  if (!existsSync(videoFolder)) throw cause
}
