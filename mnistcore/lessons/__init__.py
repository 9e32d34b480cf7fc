"""Lessons: files of Markdown with a small head that lead a class through a page, asking before they show."""

from mnistcore.lessons.files import load_lessons
from mnistcore.lessons.lesson import Lesson, LessonNetwork, Step

__all__ = ["Lesson", "LessonNetwork", "Step", "load_lessons"]
