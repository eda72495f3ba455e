import type english from '../en/query.ts'
import type { Translation } from '../shape.ts'

export default {
  suggestions: '{label}: 候補',
  help: {
    and: '両方に一致',
    or: 'どちらかに一致',
    not: '次の条件に一致しない',
    has: 'キーに値がある',
    is: 'フラグがオン',
    equal: '等しい',
    other: '別の値',
    several: 'いずれか',
    greater: 'より大きい',
    atLeast: '以上',
    less: 'より小さい',
    atMost: '以下',
    key: '{label}、{unit}',
  },
} satisfies Translation<typeof english>
