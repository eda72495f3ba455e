import { readdir } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { openTensorFile } from '../checkpoint/formats/open.ts'
import { readSafetensors } from '../checkpoint/formats/safetensors/reader.ts'
import { expectedOf } from './find.ts'
import { distance, Ledger } from './ledger.ts'
import { refuse } from './refuse.ts'

/** Reads a PyTorch file and compares every tensor with the expected tensors; both must have the same names. */
export async function compareFile(path: string, signal: AbortSignal): Promise<Ledger> {
  const expected =
    expectedOf(path, await readdir(dirname(path))) ?? refuse(`There is no *.expected.safetensors for ${basename(path)}`)
  const ledger = new Ledger(await readSafetensors(expected, signal))
  await using file = await openTensorFile(path)
  for (const { name, shape } of file.entries) {
    signal.throwIfAborted()
    const theirs =
      ledger.find(name) ?? refuse(`${basename(path)} has the tensor ${name}, which ${basename(expected)} lacks`)
    ledger.add(
      'tensors',
      name,
      theirs.shape.join() === shape.join() ? distance((await file.read(name)).data, theirs.data) : Infinity,
    )
  }
  return ledger
}
