import { TargetStore } from '#training/targets/target-store.ts'
import { bitsOf, clipCount, keyOf, numbers } from './target-clips.ts'

/** A process that reads the features of random clips from a shared folder and writes those that are missing, until it is killed. It says what is wrong. */
const [folder = '', budget = '0', seed = '1'] = process.argv.slice(2)
let state = Number(seed)
const random = (n: number): number => (state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0) % n
process.on('disconnect', () => process.exit(0))
for (;;) {
  // As a new run: what was used before it may be evicted.
  const store = new TargetStore({
    folder,
    maxBytes: () => Number(budget),
    warn: (sentence) => {
      if (!sentence.startsWith('The budget')) process.send?.(sentence)
    },
  })
  for (let turn = 0; turn < 8; turn++) {
    const clip = random(clipCount)
    const found = await store.read(keyOf(clip), numbers)
    if (found === undefined) await store.write(keyOf(clip), bitsOf(clip))
    else if (!Buffer.from(found.buffer, found.byteOffset, found.byteLength).equals(Buffer.from(bitsOf(clip).buffer)))
      process.send?.(`other features of clip ${clip}`)
  }
  process.send?.('turn')
}
