import type english from '../en/runs.ts'
import type { Unfinished } from '../shape.ts'

export default {
  cancel: 'キャンセル',
  thumbnail: {
    range: '{min} ～ {max}',
    title: '{label}、ステップ {from} から {to}: {range}',
    nonFinite: '有限でない値 {count} 個',
  },
  atStep: {
    menu: '特定のステップでの値を表示…',
    detail: 'ステップ {step}',
    help: 'このステップでの値です。記録がなければ、その前の最後の値です。',
    question: '{title} をどのステップで表示しますか？',
    range:
      '各実行はステップ {min} から {max} で終わっています。そのステップに記録がなければ、その前の最後の値をステップとともに表示します。',
    step: 'ステップ',
    show: '表示',
    earlier: 'ステップ {step} で記録: ステップ {wanted} までの最後の値です。',
    earlierValues: '{count} 個の値は、より前のステップのものです。',
    pending: '読み込み中',
  },
} satisfies Unfinished<typeof english>
