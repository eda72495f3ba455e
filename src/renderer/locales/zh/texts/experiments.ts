import type { ContractTexts } from '../../shape.ts'

/** Experiments: starts, phases, and what is wrong with a request. */
export default {
  'Student of the image teacher': '图像教师的学生',
  'Student of the video teacher': '视频教师的学生',
  'Student of both teachers': '两位教师的学生',
  'Video teacher (VideoMAE)': '视频教师（VideoMAE）',
  'From scratch': '从头训练',
  Teachers: '教师',
  Students: '学生',
  'Selection on validation': '在验证集上选择',
  'Fine-tuning and test': '微调和测试',
  'Probes of frozen features': '冻结特征的探测',
  '{value} is listed twice.': '{value} 列出了两次。',
  'The last seed would be too large. Lower general.seed.': '最后一个种子过大。请减小 general.seed。',
  'The label set {name} has validation videos of no class, so rates and decays cannot be chosen. Import the dataset again with a validation split, or choose one rate and one decay.':
    '标签集 {name} 没有任何类别的验证视频，因此无法选择学习率和衰减。请带验证划分重新导入数据集，或只给出一个学习率和一个衰减。',
  'The label set {name} has validation videos of only one class, so rates and decays cannot be chosen. Import the dataset again with a validation split, or choose one rate and one decay.':
    '标签集 {name} 只有一个类别的验证视频，因此无法选择学习率和衰减。请带验证划分重新导入数据集，或只给出一个学习率和一个衰减。',
  'The pipeline name {name} is too long: a name has at most 63 characters. Shorten the name of the experiment.':
    '流水线名称 {name} 过长：名称最多 63 个字符。请缩短实验的名称。',
  'Two pipelines would be called {name}. Choose another name for the experiment.':
    '会有两条流水线都名为 {name}。请为实验选择另一个名称。',
  '{message} Start: {start}.': '{message} 起始模型：{start}。',
} satisfies ContractTexts
