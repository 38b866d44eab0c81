"""The course of a trip to each of its outcomes, recorded from the shipped handlers: who works when, on what, doing what.

One trip at a time, with nothing going wrong, in virtual time; so a change of a handler or of a rule changes the courses.
"""
