import type { ContractTexts } from '../../shape.ts'

/** Models, questions about imported ones, and probes. */
export default {
  '{title}, width {width}, depth {depth}, patch {patch}': '{title}，宽度 {width}，深度 {depth}，图块 {patch}',
  '{title} of {count} classes': '{title}（{count} 个类别）',
  '{title} of 1 class': '{title}（1 个类别）',
  'MAE on images': '图像 MAE',
  'MVD student': 'MVD 学生',
  'MVD student ({family})': 'MVD 学生（{family}）',
  'Fine-tuned classifier': '微调分类器',
  'Clip encoder': '片段编码器',
  'Clip encoder ({family})': '片段编码器（{family}）',
  'Encoders and classifiers of VideoMAE and MVD have the same tensor names but different position tables. Which family is it, videomae or mvd?':
    'VideoMAE 和 MVD 的编码器与分类器张量名称相同，但位置表不同。属于哪个系列，videomae 还是 mvd？',
  'The number of attention heads cannot be inferred: no published encoder has a width of {width}. How many are there?':
    '无法推断注意力头的数量：没有宽度为 {width} 的公开编码器。共有多少个？',
  'The number of attention heads of the decoder cannot be inferred: no published decoder has a width of {width}. How many are there? A teacher does not need them.':
    '无法推断解码器注意力头的数量：没有宽度为 {width} 的公开解码器。共有多少个？教师不需要此信息。',
  'Nearest neighbours': '最近邻',
  'Linear probe': '线性探测',
  'Attentive probe': '注意力探测',
  'Computing features': '正在计算特征',
  'Searching neighbours': '正在搜索近邻',
  'Fitting classifiers': '正在拟合分类器',
  'Training the attentive probe': '正在训练注意力探测',
} satisfies ContractTexts
