"""Tests of plugins.cpu.nvinfer."""
