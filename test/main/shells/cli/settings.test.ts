import { join } from 'node:path'
import { describe, expect, it, test } from 'vitest'
import type { StudioError } from '#contract/api/errors.ts'
import { findInstallation } from '#main/app/installation.ts'
import { readPresets, requirePreset } from '#main/pipelines/presets.ts'
import { applySettings, describeRange, parseSetting, settingFields } from '#main/shells/cli/settings.ts'

const demo = requirePreset(readPresets(join(findInstallation().resources, 'presets')), 'demo').configuration

function refusal(act: () => unknown): string {
  try {
    act()
  } catch (cause) {
    const { code, message, hint } = cause as StudioError
    return `${code}: ${message} | ${hint}`
  }
  return 'accepted'
}

test.each([
  ['finetune.epochs=5', 'finetune', 'epochs', 5],
  ['finetune.learningRate=1e-3', 'finetune', 'learningRate', 0.001],
  ['finetune.flip=false', 'finetune', 'flip', false],
  ['finetune.initialization=scratch', 'finetune', 'initialization', 'scratch'],
  ['image-teacher.maskRatio= 0.5 ', 'image-teacher', 'maskRatio', 0.5],
  ['general.engine=onnx-cpu', 'general', 'engine', 'onnx-cpu'],
])('%s is read', (text, section, key, value) => {
  expect(parseSetting(text)).toEqual({ section, key, value })
})

test.each([
  [
    'finetune.epochs',
    'configuration-invalid: --set "finetune.epochs" has no value. | Write section.key=value, for example general.seed=1.',
  ],
  ['seed=1', 'configuration-invalid: --set "seed" names no section of the configuration. | Did you mean general.seed?'],
  [
    'colour=red',
    'configuration-invalid: --set "colour" names no section of the configuration. | Write section.key=value. Sections: general, clip, image-teacher, video-teacher, distill, finetune, evaluate.',
  ],
  [
    'finetun.epochs=1',
    'configuration-invalid: The configuration has no section "finetun". | Did you mean finetune? Sections: general, clip, image-teacher, video-teacher, distill, finetune, evaluate.',
  ],
  [
    'xyzzy.epochs=1',
    'configuration-invalid: The configuration has no section "xyzzy". | Sections: general, clip, image-teacher, video-teacher, distill, finetune, evaluate.',
  ],
  [
    'finetune.epoch=1',
    'configuration-invalid: The section finetune has no field "epoch". | Did you mean finetune.epochs? "pipeline fields" lists every field.',
  ],
  [
    'distill.maskratio=1',
    'configuration-invalid: The section distill has no field "maskratio". | Did you mean distill.maskRatio? "pipeline fields" lists every field.',
  ],
  [
    'clip.constructor=1',
    'configuration-invalid: The section clip has no field "constructor". | "pipeline fields" lists every field.',
  ],
  [
    '__proto__.frames=1',
    'configuration-invalid: The configuration has no section "__proto__". | Sections: general, clip, image-teacher, video-teacher, distill, finetune, evaluate.',
  ],
  [
    'finetune.epochs=many',
    'configuration-invalid: finetune.epochs: "many" is not a whole number from 1 to 100000 (epochs). | Passes over the training videos.',
  ],
  [
    'finetune.epochs=1.5',
    'configuration-invalid: finetune.epochs: "1.5" is not a whole number from 1 to 100000 (epochs). | Passes over the training videos.',
  ],
  [
    'finetune.epochs=',
    'configuration-invalid: finetune.epochs: "" is not a whole number from 1 to 100000 (epochs). | Passes over the training videos.',
  ],
  [
    'finetune.flip=yes',
    'configuration-invalid: finetune.flip: "yes" is not true or false. | Flips half of the clips. Turn it off if left and right matter.',
  ],
  [
    'distill.loss=huber',
    'configuration-invalid: distill.loss: "huber" is not smooth-l1, l1, l2, or cosine. | Distance between predicted and teacher features. Published recipes use smooth-l1. cosine is 2 - 2 cos, the squared distance of normalised vectors (UMT, Li et al. 2023).',
  ],
  [
    'finetune.epochs=0',
    'configuration-invalid: finetune.epochs: Too small: expected number to be >=1. | It takes a whole number from 1 to 100000 (epochs).',
  ],
  [
    'image-teacher.maskRatio=1',
    'configuration-invalid: image-teacher.maskRatio: The mask ratio must be below 1, or nothing is visible. | It takes a number between 0 and 1, both excluded.',
  ],
])('%s is refused', (text, expected) => {
  expect(refusal(() => parseSetting(text))).toBe(expected)
})

describe('applySettings', () => {
  it('changes what is named, the last one winning, and leaves its input alone', () => {
    const before = structuredClone(demo)
    const changed = applySettings(demo, ['finetune.epochs=7', 'general.seed=1', 'general.seed=2'])
    expect(changed).toEqual({
      ...demo,
      finetune: { ...demo.finetune, epochs: 7 },
      general: { ...demo.general, seed: 2 },
    })
    expect(demo).toEqual(before)
  })

  it('chooses stages', () => {
    expect(applySettings(demo, ['finetune.initialization=scratch'], 'finetune, evaluate').stages).toEqual([
      'finetune',
      'evaluate',
    ])
  })

  it.each([
    [
      'clip.patchSize=15',
      undefined,
      /^configuration-invalid: clip\.patchSize: The patch size 15 px does not divide the image size 24 px\. Try 12 px\./,
    ],
    [
      'general.seed=0',
      'finetune',
      /^configuration-invalid: stages: Fine-tuning needs a model to start from: add the stage distill/,
    ],
    [
      'general.seed=0',
      'finetune,evaluat',
      /^configuration-invalid: --stages: there is no stage "evaluat". \| Did you mean evaluate\?/,
    ],
    ['general.seed=0', '', /^configuration-invalid: --stages: there is no stage ""/],
  ])('refuses %s with the stages %s', (setting, chosen, expected) => {
    expect(refusal(() => applySettings(demo, [setting], chosen))).toMatch(expected)
  })
})

test('every field has a range and a description', () => {
  for (const field of settingFields) {
    expect(describeRange(field), `${field.section}.${field.key}`).not.toContain('undefined')
    expect(field.help, `${field.section}.${field.key}`).toMatch(/\S/)
  }
})
