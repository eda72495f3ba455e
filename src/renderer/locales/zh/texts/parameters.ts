import type { ContractTexts } from '../../shape.ts'

/** Labels, headings, units and help of hyperparameters, and what the stages do. */
export default {
  General: '常规',
  Clip: '片段',
  'Learns appearance from single frames (MAE).': '从单帧学习外观（MAE）。',
  'Learns motion from clips (VideoMAE).': '从片段学习运动（VideoMAE）。',
  'Trains a student on the features of the teachers.': '用教师的特征训练学生。',
  'Trains a classifier on the labels.': '用标签训练分类器。',
  'Measures accuracy on the test split.': '在测试划分上测量准确率。',
  Seed: '随机种子',
  'The same seed, data and engine give the same results.': '随机种子、数据和引擎相同，结果就相同。',
  Engine: '引擎',
  'Executes tensor code. auto selects the fastest engine of this machine.': '执行张量计算。auto 选择本机最快的引擎。',
  Precision: '精度',
  'Data type of matrix products. Half precision uses less memory and is usually faster. bfloat16 needs onnx-cuda and an NVIDIA card of compute capability 8.0 (Ampere) or newer; float16 also works on older cards and with onnx-webgpu, and skips steps whose gradients overflow. Weights, sums and losses stay in float32.':
    '矩阵乘法的数据类型。半精度占用内存较少，通常也更快。bfloat16 需要 onnx-cuda 和计算能力 8.0（Ampere）及以上的 NVIDIA 显卡；float16 也可用于更早的显卡和 onnx-webgpu，并跳过梯度溢出的步。权重、求和与损失保持 float32。',
  TF32: 'TF32',
  'Whether onnx-cuda computes float32 matrix products with 10 bits of precision instead of 23 (TF32), which is faster on NVIDIA cards since Ampere. Other engines ignore it.':
    'onnx-cuda 是否以 10 位而非 23 位精度（TF32）计算 float32 矩阵乘法；在 Ampere 及以后的 NVIDIA 显卡上更快。其他引擎忽略此项。',
  Workers: '工作线程',
  'Threads of onnx-cpu that each compute one shard of a batch. Must divide the batch size. 0 chooses at launch. Changing it changes results in the last bits. Other engines ignore it.':
    'onnx-cpu 的线程数，每个线程计算批次的一个分片。必须整除批大小。0 表示启动时选择。更改会改变结果的末位。其他引擎忽略此项。',
  'Graphics cards': '显卡',
  'NVIDIA cards that each compute one shard of a batch, with onnx-cuda. Must divide the batch size. A run with several cards keeps its weights in main memory, so two cards are not always faster than one. Changing it changes results in the last bits.':
    '使用 onnx-cuda 时各计算批次一个分片的 NVIDIA 显卡数。必须整除批大小。使用多张显卡的运行把权重放在主内存中，因此两张不一定比一张快。更改会改变结果的末位。',
  'Split set': '划分组',
  'Which split of the dataset is used. UCF101 and HMDB51 have the official splits split-1 to split-3; a sweep over them gives the mean that papers report. Splits that were drawn again after the import are drawn-2 to drawn-9. The default is the only one of other datasets.':
    '使用数据集的哪一组划分。UCF101 和 HMDB51 有官方划分 split-1 到 split-3；对它们做扫描即可得到论文报告的平均值。导入后重新抽取的划分是 drawn-2 到 drawn-9。其他数据集只有 default。',
  'Decoding timeout': '解码超时',
  'How long a decoder may show no sign of life, besides 20 ms for each frame of its video. Then it is ended and the video tried once more; if that fails, too, the video is treated like a broken file. Raise it for videos on a slow disk or network share. It does not change results.':
    '解码器可以多久没有任何响应（另按视频每帧加 20 ms）。超过后结束解码器并再试一次该视频；若仍无响应，则按损坏的文件处理。视频在较慢的磁盘或网络共享上时请调大。不会改变结果。',
  'Checkpoint every': '检查点间隔',
  'Interval between checkpoints. The last step always writes one.': '检查点之间的间隔。最后一步总会保存。',
  'Picture every': '图片间隔',
  'Interval between reconstructions or error maps.': '重建图或误差图之间的间隔。',
  Frames: '帧数',
  frames: '帧',
  'Frames per clip.': '每个片段的帧数。',
  'Frame stride': '帧步长',
  'Distance between two sampled frames. 4 samples every fourth frame.': '两个采样帧的间距。4 表示每四帧取一帧。',
  'Image size': '图像大小',
  'Width and height of the square crop that the models see.': '模型所见正方形裁剪的宽和高。',
  'Patch size': '图块大小',
  'Width and height of a patch. Must divide the image size.': '图块的宽和高。必须整除图像大小。',
  'Tubelet size': '管块大小',
  'Frames per tubelet, that is, per token. Must divide the number of frames.':
    '每个管块（即每个 token）的帧数。必须整除帧数。',
  Input: '输入',
  'Crop that the image teacher sees. Image size / patch size must equal that of the clip.':
    '图像教师所见的裁剪。图像大小 / 图块大小必须与片段的相同。',
  'Patch of the image teacher. Must divide its image size.': '图像教师的图块。必须整除其图像大小。',
  Encoder: '编码器',
  Width: '宽度',
  'Channels per token. Must be a multiple of 16.': '每个 token 的通道数。必须是 16 的倍数。',
  Depth: '深度',
  blocks: '块',
  'Transformer blocks.': 'Transformer 块的数量。',
  'Attention heads': '注意力头',
  'Heads per block. Must divide the width.': '每块的头数。必须整除宽度。',
  Decoder: '解码器',
  'Transformer blocks per decoder.': '每个解码器的 Transformer 块数。',
  'Heads per block. Must divide the decoder width.': '每块的头数。必须整除解码器宽度。',
  Masking: '掩码',
  'Mask ratio': '掩码率',
  'Share of tokens hidden from the encoder.': '对编码器隐藏的 token 比例。',
  'Normalise targets': '归一化目标',
  'Predicts the pixels of each patch with mean 0 and variance 1 (norm_pix_loss).':
    '以均值 0、方差 1 预测每个图块的像素（norm_pix_loss）。',
  Augmentation: '数据增强',
  'Minimum crop area': '最小裁剪面积',
  'of the frame': '（占帧的比例）',
  'Random resized crops cover between this share and all of the frame.': '随机裁剪覆盖帧的此比例至全部。',
  'Horizontal flip': '水平翻转',
  'Flips half of the frames.': '翻转一半的帧。',
  Training: '训练',
  Epochs: '轮次数',
  epochs: '轮次',
  'Passes over the training videos.': '遍历训练视频的次数。',
  'Batch size': '批大小',
  samples: '样本',
  'Samples computed at once. A step sees batch size x gradient accumulation samples.':
    '一次计算的样本数。一步使用批大小 x 梯度累积个样本。',
  'Gradient accumulation': '梯度累积',
  batches: '批',
  'Micro-batches whose gradients are averaged before an update. The update equals that of one large batch (update_freq, accum_iter).':
    '更新前对梯度取平均的微批数。更新等同于一个大批次（update_freq、accum_iter）。',
  'Activation checkpointing': '激活重计算',
  'Recomputes the activations of each block in the backward pass. Uses less memory and about a third more time; results are identical (use_checkpoint).':
    '在反向传播中重新计算每块的激活。占用内存较少，时间约增加三分之一；结果相同（use_checkpoint）。',
  'Samples per video': '每个视频的样本数',
  'Samples drawn from each video per epoch (num_sample; repeated augmentation, Hoffer et al. 2020).':
    '每轮次从每个视频抽取的样本数（num_sample；repeated augmentation，Hoffer et al. 2020）。',
  Optimizer: '优化器',
  'Learning rate': '学习率',
  'per 256 samples': '每 256 个样本',
  'Peak learning rate for 256 samples per step; scaled by batch size x gradient accumulation / 256. Fine-tuning counts each video once, however many samples are drawn from it.':
    '每步 256 个样本时的峰值学习率；乘以批大小 x 梯度累积 / 256。微调时无论从视频抽取多少样本，每个视频只计一次。',
  'Final learning rate': '最终学习率',
  'Learning rate at the end of the cosine schedule; scaled like the peak.':
    '余弦调度结束时的学习率；换算方式与峰值相同。',
  'Warm-up': '预热',
  'Epochs in which the learning rate rises linearly from 0 to its peak.': '学习率从 0 线性升至峰值的轮次数。',
  'Weight decay': '权重衰减',
  'Applied to matrices and mask tokens, not to biases, norms and position tables.':
    '作用于矩阵和掩码 token，不作用于偏置、归一化层和位置表。',
  'Beta 1': 'Beta 1（一阶）',
  'Decay rate of the first moment (AdamW).': '一阶矩的衰减率（AdamW）。',
  'Beta 2': 'Beta 2（二阶）',
  'Decay rate of the second moment (AdamW).': '二阶矩的衰减率（AdamW）。',
  'Gradient clipping': '梯度裁剪',
  norm: '范数',
  'Maximum gradient norm. 0 turns clipping off.': '梯度范数的上限。0 表示不裁剪。',
  'Decoder mask ratio': '解码器掩码率',
  'Share of hidden tokens that the decoder skips, by running cell masking in cells of 2 x 2 (VideoMAE V2, Wang et al. 2023: 0.5). 0 predicts every hidden token, as in MVD.':
    '解码器跳过的隐藏 token 比例，采用 2 x 2 单元的 running cell masking（VideoMAE V2，Wang et al. 2023：0.5）。0 表示像 MVD 一样预测所有隐藏的 token。',
  'Predicts each colour channel of a tubelet with mean 0 and variance 1.': '以均值 0、方差 1 预测管块的每个颜色通道。',
  Teachers: '教师',
  'Teachers that the student learns from. Each has its own decoder.': '学生所学习的教师。每个教师有各自的解码器。',
  'Video target': '视频目标',
  'teacher: features of the video teacher, as published. pixels: normalised pixels as in VideoMAE, with a squared error and without a video teacher (SurgVISTA).':
    'teacher：视频教师的特征，与公开方法相同。pixels：与 VideoMAE 相同的归一化像素，使用平方误差，不需要视频教师（SurgVISTA）。',
  Loss: '损失',
  'Distance between predicted and teacher features. Published recipes use smooth-l1. cosine is 2 - 2 cos, the squared distance of normalised vectors (UMT, Li et al. 2023).':
    '预测特征与教师特征的距离。公开配方使用 smooth-l1。cosine 为 2 - 2 cos，即归一化向量的平方距离（UMT，Li et al. 2023）。',
  'Image loss weight': '图像损失权重',
  'Lambda 1 of Algorithm 1.': 'Algorithm 1 中的 λ1。',
  'Video loss weight': '视频损失权重',
  'Lambda 2 of Algorithm 1.': 'Algorithm 1 中的 λ2。',
  'Applies LayerNorm without weights to the teacher features (norm_feature; V-JEPA, Bardes et al. 2024). Off in published recipes.':
    '对教师特征施加无权重的 LayerNorm（norm_feature；V-JEPA，Bardes et al. 2024）。公开配方中关闭。',
  'Target cache': '目标缓存',
  clips: '片段',
  'Fixed clips per video, whose teacher features are computed once and kept in half precision (float16); epochs use them in turn. 0, as published: a new clip each time. Fewer clips than epochs change the method: the student sees less varied crops; masks stay random.':
    '每个视频的固定片段数。教师特征只计算一次，以半精度 (float16) 保存，各轮依次使用。0 与公开方法相同：每次都用新片段并重新计算。片段数少于轮数会改变方法：学生看到的裁剪变化更少；掩码仍然随机。',
  Regularisation: '正则化',
  'Drop path': '随机深度（drop path）',
  'Probability of skipping the last block of each encoder and decoder. It rises linearly from 0 at the first block (drop_path; stochastic depth, Huang et al. 2016).':
    '跳过每个编码器和解码器最后一块的概率。从第一块的 0 线性上升（drop_path；stochastic depth，Huang et al. 2016）。',
  Model: '模型',
  'Start from': '起点',
  'The distilled student, the video teacher (VideoMAE baseline), a chosen checkpoint, or random weights.':
    '蒸馏得到的学生、视频教师（VideoMAE 基准）、所选的检查点，或随机权重。',
  'Published position table': '公开代码的位置表',
  'Fine-tunes a VideoMAE with the 3-D position table of MVD instead of its own, as the published code of MVD does without mentioning it. Only to reproduce published numbers.':
    '用 MVD 的三维位置表而非其自身的位置表微调 VideoMAE；MVD 的公开代码未加说明地这样做。仅用于复现公开的数值。',
  'Head dropout': '头部 dropout',
  'Dropout probability before the head (fc_drop_rate).': '头之前的 dropout 概率（fc_drop_rate）。',
  'Label smoothing': '标签平滑',
  'Share of the target spread over all classes (smoothing; Szegedy et al. 2016).':
    '目标中分摊到所有类别的比例（smoothing；Szegedy et al. 2016）。',
  'Mixup alpha': 'Mixup 的 alpha',
  'Alpha of the beta distribution of the mixing weight. 0 turns mixup off (Zhang et al. 2018).':
    '混合权重的 beta 分布的 alpha。0 表示关闭 mixup（Zhang et al. 2018）。',
  'CutMix alpha': 'CutMix 的 alpha',
  'Alpha of the beta distribution of the box area. The box spans all frames. 0 turns CutMix off (Yun et al. 2019).':
    '矩形面积的 beta 分布的 alpha。矩形跨越所有帧。0 表示关闭 CutMix（Yun et al. 2019）。',
  'Mix probability': '混合概率',
  'Probability of applying mixup or CutMix to a batch (mixup_prob).':
    '对一个批次使用 mixup 或 CutMix 的概率（mixup_prob）。',
  'CutMix share': 'CutMix 比例',
  'Probability of CutMix instead of mixup if both are on (mixup_switch_prob).':
    '两者都启用时使用 CutMix 而非 mixup 的概率（mixup_switch_prob）。',
  'Published CutMix': '公开代码的 CutMix',
  'Cuts boxes of time x height at positions drawn for height x width, as the published code of MVD does: more than half of the boxes change no pixel, and targets do not match pixels. Only to reproduce published numbers.':
    '像 MVD 的公开代码那样，在为高 x 宽抽取的位置裁剪时间 x 高的矩形：一半以上的矩形不改变任何像素，目标与像素不一致。仅用于复现公开的数值。',
  'Frame sampling': '帧采样',
  'dense samples one window of frames x stride. segments samples one frame from each of equal segments of the video (TSN, Wang et al. 2016; Something-Something v2).':
    'dense 从帧数 x 步长的一个窗口采样。segments 把视频等分，从每段取一帧（TSN，Wang et al. 2016；Something-Something v2）。',
  'Random resized crops cover between this share and all of the frame, with an aspect ratio from 3/4 to 4/3.':
    '随机裁剪覆盖帧的此比例至全部，宽高比为 3/4 至 4/3。',
  'Flips half of the clips. Turn it off if left and right matter.': '翻转一半的片段。如果左右有意义，请关闭。',
  'RandAugment operations': 'RandAugment 操作数',
  operations: '个操作',
  'Operations drawn per clip, each applied to all frames with probability 0.5. 0 turns RandAugment off (Cubuk et al. 2020; n in rand-m7-n4-mstd0.5-inc1).':
    '每个片段抽取的操作数，每个操作以 0.5 的概率作用于所有帧。0 表示关闭 RandAugment（Cubuk et al. 2020；rand-m7-n4-mstd0.5-inc1 中的 n）。',
  'RandAugment magnitude': 'RandAugment 强度',
  'Strength of the operations (m in rand-m7-n4-mstd0.5-inc1).': '操作的强度（rand-m7-n4-mstd0.5-inc1 中的 m）。',
  'RandAugment deviation': 'RandAugment 偏差',
  'Standard deviation of the magnitude, drawn per operation (mstd in rand-m7-n4-mstd0.5-inc1).':
    '每个操作抽取的强度的标准差（rand-m7-n4-mstd0.5-inc1 中的 mstd）。',
  'Random erasing': '随机擦除',
  'Probability of filling one box of a clip, the same in all frames, with noise: 2 % to 1/3 of the area, aspect ratio from 0.3 to 3.3 (reprob; Zhong et al. 2020).':
    '用噪声填充片段中一个矩形（所有帧相同）的概率：面积的 2 % 至 1/3，宽高比 0.3 至 3.3（reprob；Zhong et al. 2020）。',
  'Layer decay': '逐层衰减',
  'Factor on the learning rate of each block relative to the block above it (layer_decay; BEiT, Bao et al. 2022).':
    '每块的学习率相对于上一块的系数（layer_decay；BEiT，Bao et al. 2022）。',
  'Head init scale': '头部初始化系数',
  'Factor on the initial weights of the head.': '头的初始权重的系数。',
  'Early stopping': '早停',
  Patience: '耐心值',
  validations: '次验证',
  'Ends the stage after this many validations in a row without improvement. Every checkpoint is validated. The stage then stands for its best checkpoint, also if it reaches its last epoch. 0 turns early stopping off.':
    '连续这么多次验证没有改善时结束该阶段。每个检查点都会验证。该阶段的结果为最佳检查点，即使到达最后一个轮次也是如此。0 表示关闭早停。',
  'Minimum improvement': '最小改善量',
  'An improvement counts if it is larger than this, in the unit of the monitored metric: percentage points of top-1 (min_delta).':
    '大于此值才算改善，单位为所监控指标的单位：top-1 为百分点（min_delta）。',
  'Monitored metric': '监控指标',
  'Metric of the validation split that has to improve: top-1 upwards, the loss downwards.':
    '验证划分上需要改善的指标：top-1 上升，损失下降。',
  Views: '视图',
  'Clips per video': '每个视频的片段数',
  'Clips spread evenly over the video.': '均匀分布在视频中的片段数。',
  'Crops per clip': '每个片段的裁剪数',
  'Crops along the long side of the frame.': '沿帧的长边的裁剪数。',
  'Must be that of fine-tuning. dense spreads windows of every stride-th frame over the video; segments samples the middle frames of equal segments.':
    '必须与微调相同。dense 在视频中分布按帧步长采样的窗口；segments 取等分各段的中间帧。',
  'View averaging': '视图平均',
  'softmax averages probabilities, as MVD does. logits averages scores before the softmax, as VideoMAE did until commit 2254c5e.':
    'softmax 与 MVD 相同，对概率取平均。logits 对 softmax 之前的分数取平均，VideoMAE 在提交 2254c5e 之前如此。',
  views: '个视图',
  'Views computed at once.': '一次计算的视图数。',
} satisfies ContractTexts
