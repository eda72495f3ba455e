import { describe, expect, it } from 'vitest'
import { classifierParameters } from '#training/model/classifier.ts'
import { imageAutoencoderParameters } from '#training/model/image-autoencoder.ts'
import { studentParameters } from '#training/model/student.ts'
import { videoAutoencoderParameters } from '#training/model/video-autoencoder.ts'
import { parameterGroups } from '#training/optimizer/groups.ts'
import { readModelCase } from '#training/reference/model-case.ts'
import { recorded } from '../reference/recorded.ts'

const clip = { frames: 4, tubeletSize: 2, imageSize: 32, patchSize: 8 }
const stack = { width: 16, depth: 1, heads: 1 }
const decoder = { decoderWidth: 16, decoderDepth: 1, decoderHeads: 1 }

describe('parameterGroups', () => {
  it('trains a learned position table like the patch embedding, without weight decay', () => {
    const specs = classifierParameters({ ...clip, ...stack, classes: 2, positions: 'learned', headInitScale: 1 })
    const groups = parameterGroups(specs, 0.05, { decay: 0.5, depth: 1 })
    expect(groups['pos_embed']).toEqual({ weightDecay: 0, learningRateScale: 0.25 })
    expect(groups['patch_embed.proj.weight']?.learningRateScale).toBe(0.25)
  })

  it.each(['classifier-soft-targets', 'classifier-label-smoothing'])(
    'gives the scales and decays of %s',
    async (name) => {
      const { file } = await readModelCase(recorded(name))
      if (file.model !== 'classifier') throw new Error(`${name} is no classifier.`)
      const { lrScales, weightDecays, optimizer } = file
      const { frames, tubeletSize, imageSize, patchSize, width, depth, heads, classes, layerDecay } = file.config
      const specs = classifierParameters({
        frames,
        tubeletSize,
        imageSize,
        patchSize,
        width,
        depth,
        heads,
        classes,
        positions: 'space-time',
        headInitScale: 1,
      })
      const groups = parameterGroups(specs, optimizer.weightDecay, { decay: layerDecay, depth })

      expect(Object.keys(groups).toSorted()).toEqual(Object.keys(lrScales ?? {}).toSorted())
      for (const [parameter, { learningRateScale, weightDecay }] of Object.entries(groups)) {
        expect(learningRateScale).toBeCloseTo(lrScales![parameter]!, 12)
        expect(weightDecay).toBe(weightDecays![parameter])
      }
    },
  )

  it('leaves position tables frozen', () => {
    const groups = parameterGroups(
      studentParameters({ ...clip, ...stack, ...decoder, imageTargetWidth: 16, videoTargetWidth: 16 }),
      0.05,
    )
    expect(Object.keys(groups).filter((name) => name.startsWith('pos_embed'))).toEqual([])
    expect(groups['mask_token_img']).toEqual({ weightDecay: 0.05, learningRateScale: 1 })
    expect(groups['blocks.0.attn.q_bias']).toEqual({ weightDecay: 0, learningRateScale: 1 })
  })

  it('decays the mask token of MAE and not that of VideoMAE', () => {
    expect(
      parameterGroups(imageAutoencoderParameters({ imageSize: 32, patchSize: 8, ...stack, ...decoder }), 0.05)[
        'mask_token'
      ]?.weightDecay,
    ).toBe(0.05)
    expect(
      parameterGroups(videoAutoencoderParameters({ ...clip, ...stack, ...decoder }), 0.05)['mask_token']?.weightDecay,
    ).toBe(0)
  })
})
