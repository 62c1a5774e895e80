"""Settings as data: what the command line, the forms, model cards and provenance share."""

from napari_discembed.config.augmentation import AugmentationConfig
from napari_discembed.config.backbones import EfficientNetConfig, HourglassConfig, UNetConfig
from napari_discembed.config.base import Config, Precision, validated
from napari_discembed.config.clustering import (
    METHODS,
    AnyClusteringConfig,
    ClusteringConfig,
    DensityConfig,
    GreedyConfig,
    HdbscanConfig,
    LearnedConfig,
    MeanShiftConfig,
    Method,
    SeededConfig,
    UnseededConfig,
    clustering_config,
    config_class,
    read_clustering,
    suited_config,
)
from napari_discembed.config.finetuning import FINE_TUNING, FROM_SCRATCH, FinetuningConfig
from napari_discembed.config.grouping import GroupingConfig, GroupsLike, grouping_config
from napari_discembed.config.judging import JudgeCard
from napari_discembed.config.network import (
    CosineConfig,
    EmbeddingHeadConfig,
    EuclideanConfig,
    ForegroundHeadConfig,
    HeadConfig,
    NetworkConfig,
    SeedinessHeadConfig,
)
from napari_discembed.config.tiling import TilingConfig, Views
from napari_discembed.config.tracking import (
    LINK_METHODS,
    AnyLinkingConfig,
    CandidatesConfig,
    LapConfig,
    LinkingConfig,
    LinkMethod,
    OverlapConfig,
    linking_config,
    linking_of,
)
from napari_discembed.config.training import TrainingConfig, read_training

__all__ = [
    "FINE_TUNING",
    "FROM_SCRATCH",
    "LINK_METHODS",
    "METHODS",
    "AnyClusteringConfig",
    "AnyLinkingConfig",
    "AugmentationConfig",
    "CandidatesConfig",
    "ClusteringConfig",
    "Config",
    "CosineConfig",
    "DensityConfig",
    "EfficientNetConfig",
    "EmbeddingHeadConfig",
    "EuclideanConfig",
    "FinetuningConfig",
    "ForegroundHeadConfig",
    "GreedyConfig",
    "GroupingConfig",
    "GroupsLike",
    "HdbscanConfig",
    "HeadConfig",
    "HourglassConfig",
    "JudgeCard",
    "LapConfig",
    "LearnedConfig",
    "LinkMethod",
    "LinkingConfig",
    "MeanShiftConfig",
    "Method",
    "NetworkConfig",
    "OverlapConfig",
    "Precision",
    "SeededConfig",
    "SeedinessHeadConfig",
    "TilingConfig",
    "TrainingConfig",
    "UNetConfig",
    "UnseededConfig",
    "Views",
    "clustering_config",
    "config_class",
    "grouping_config",
    "linking_config",
    "linking_of",
    "read_clustering",
    "read_training",
    "suited_config",
    "validated",
]
