import type { ClipPlan } from '../data/clip.ts'
import type { HostTensor } from '../tensor/host-tensor.ts'
import type { ClipKey } from './target-key.ts'

/** Clips of a batch as the teachers see them: `video` and `imageVideo` [B, 3, T, S, S], and their plans. */
export interface SeenByTeachers {
  readonly video: HostTensor
  readonly imageVideo: HostTensor
  readonly plans: readonly ClipPlan[]
}

/** Features of all tokens of a clip that are kept, or the key under which they will be. Without a store there is neither. */
export interface Known {
  readonly key?: ClipKey
  readonly bits?: Uint16Array | undefined
}

/** What is known of each clip of a batch, by the branch that learns from the teacher. */
export type KnownTargets = Readonly<Partial<Record<'image' | 'video', readonly Known[]>>>
